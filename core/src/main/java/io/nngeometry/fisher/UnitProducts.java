package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DenseBlock;
import io.nngeometry.operators.DiagonalBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The elements of a Hessian by products with unit vectors, many in one reading of the examples. */
final class UnitProducts {
  /** Bytes of the vectors, and of their images, in one reading. */
  private static final long CHUNK_BYTES = 32L << 20;

  private static final long MOST = 128;

  private final ImplicitHessian hessian;
  private final MemoryBudget budget;
  private final BiConsumer<Long, Long> progress;

  UnitProducts(ImplicitHessian hessian, MemoryBudget budget, BiConsumer<Long, Long> progress) {
    this.hessian = hessian;
    this.budget = budget;
    this.progress = progress;
  }

  PMat dense() {
    check(Representation.DENSE);
    Block all = new DenseBlock(rows(hessian, 0));
    return new LayerwisePMat(hessian.layers(), "dense", List.of(new Part("all", 0, all)));
  }

  /** Products within a layer, of the loss as a function of that layer's parameters alone. */
  PMat blockDiagonal() {
    return byLayer(
        Representation.BLOCK_DIAG, layer -> new DenseBlock(rows(alone(layer), layer.offset())));
  }

  PMat diagonal() {
    return byLayer(
        Representation.DIAG,
        layer -> {
          ImplicitHessian block = alone(layer);
          Tensor diagonal = Scope.keeping(() -> Tensors.zeros(hessian.like(), layer.size()));
          forEachChunk(
              block,
              layer.offset(),
              (first, images) ->
                  diagonal
                      .narrow(0, first, images.size(0))
                      .copy_(images.narrow(1, first, images.size(0)).diagonal()));
          return new DiagonalBlock(diagonal);
        });
  }

  private PMat byLayer(Representation representation, Function<Layer, Block> block) {
    check(representation);
    List<Part> parts = new ArrayList<>();
    for (Layer layer : hessian.layers().layers()) {
      parts.add(new Part(layer.id(), layer.offset(), block.apply(layer)));
    }
    return new LayerwisePMat(hessian.layers(), representation.name(), parts);
  }

  private void check(Representation representation) {
    budget.check(representation, hessian.layers(), Math.toIntExact(hessian.like().element_size()));
  }

  private ImplicitHessian alone(Layer layer) {
    return hessian.over(hessian.layers().only(layer.id()));
  }

  private Tensor rows(ImplicitHessian block, long offset) {
    long d = block.size();
    Tensor all = Scope.keeping(() -> Tensors.zeros(block.like(), d, d));
    forEachChunk(
        block, offset, (first, images) -> all.narrow(0, first, images.size(0)).copy_(images));
    return all;
  }

  private interface Chunks {
    void accept(long first, Tensor images);
  }

  private void forEachChunk(ImplicitHessian block, long offset, Chunks consumer) {
    long d = block.size();
    long most = Math.max(1, Math.min(MOST, CHUNK_BYTES / (d * block.like().element_size())));
    for (long first = 0; first < d; first += most) {
      long count = Math.min(most, d - first);
      try (Scope scope = Scope.open()) {
        Tensor units = Tensors.zeros(block.like(), count, d);
        units.narrow(1, first, count).diagonal().fill_(new Scalar(1));
        consumer.accept(first, block.apply(units));
      }
      progress.accept(offset + first + count, hessian.size());
    }
  }
}
