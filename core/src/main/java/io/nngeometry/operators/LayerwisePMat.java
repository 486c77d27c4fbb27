package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * A block-diagonal matrix: parts of parameter space, each with a block. Which blocks makes the
 * representation: one dense block over everything is PMatDense; a dense, diagonal or Kronecker
 * block per layer is PMatBlockDiag, PMatDiag or PMatKFAC; blocks of several kinds are a mixed
 * matrix.
 */
public final class LayerwisePMat implements PMat {
  private final LayerCollection layers;
  private final String representation;
  private final List<Part> parts;
  private boolean closed;

  /**
   * One part of parameter space and its block.
   *
   * @param name the layer's id, or a name for several
   * @param offset first coordinate in the flat order
   * @param block the block
   */
  public record Part(String name, long offset, Block block) {}

  /** A matrix of parts that follow each other and cover all parameters. */
  public LayerwisePMat(LayerCollection layers, String representation, List<Part> parts) {
    long end = 0;
    for (Part part : parts) {
      if (part.offset() != end) {
        throw new IllegalArgumentException(
            "part %s starts at %d, not at %d".formatted(part.name(), part.offset(), end));
      }
      end += part.block().size();
    }
    if (end != layers.size()) {
      throw new IllegalArgumentException(
          "the parts cover %d of %d parameters".formatted(end, layers.size()));
    }
    this.layers = layers;
    this.representation = representation;
    this.parts = List.copyOf(parts);
  }

  @Override
  public LayerCollection layers() {
    return layers;
  }

  @Override
  public String representation() {
    return representation;
  }

  /** The parts in flat order. */
  public List<Part> parts() {
    if (closed) {
      throw new IllegalStateException("this %s matrix has been closed".formatted(representation));
    }
    return parts;
  }

  /** The block of the part named {@code name}. */
  public Block block(String name) {
    return parts().stream()
        .filter(p -> p.name().equals(name))
        .map(Part::block)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no part '%s'; the parts are %s"
                        .formatted(name, parts.stream().map(Part::name).toList())));
  }

  private interface RowFunction {
    Tensor apply(Part part, Tensor rows);
  }

  private Tensor perPart(Tensor rows, RowFunction f) {
    return Scope.keeping(
        () -> {
          List<Tensor> images = new ArrayList<>();
          for (Part part : parts()) {
            images.add(f.apply(part, rows.narrow(1, part.offset(), part.block().size())));
          }
          return Tensors.cat(images, 1);
        });
  }

  @Override
  public Tensor apply(Tensor rows) {
    return perPart(rows, (part, mine) -> part.block().apply(mine));
  }

  @Override
  public Tensor solve(Tensor rows, Damping damping) {
    return perPart(
        rows,
        (part, mine) -> {
          try {
            return damping.solve(part.block(), mine);
          } catch (SingularBlockException e) {
            throw new SingularBlockException("layer " + part.name() + ": " + e.what(), e.lambda());
          }
        });
  }

  @Override
  public double trace() {
    return parts().stream().mapToDouble(p -> p.block().trace()).sum();
  }

  /** The trace of every part: they add up to {@link #trace()}. */
  public Map<String, Double> traceByPart() {
    return byPart(Block::trace);
  }

  /** The Frobenius norm of every part: the squares add up. */
  public Map<String, Double> frobeniusNormByPart() {
    return byPart(Block::frobeniusNorm);
  }

  private Map<String, Double> byPart(ToDoubleFunction<Block> f) {
    Map<String, Double> result = new LinkedHashMap<>();
    parts().forEach(p -> result.put(p.name(), f.applyAsDouble(p.block())));
    return result;
  }

  @Override
  public PVector diagonal() {
    return PVector.of(
        layers,
        Scope.keeping(
            () ->
                Tensors.cat(parts().stream().map(p -> p.block().diagonal()).toList(), 0).clone()));
  }

  @Override
  public double frobeniusNorm() {
    return Math.sqrt(
        parts().stream().mapToDouble(p -> Math.pow(p.block().frobeniusNorm(), 2)).sum());
  }

  @Override
  public double spectralNorm() {
    return parts().stream()
        .mapToDouble(p -> Spectrum.number(() -> p.block().eigenvalues().abs().max()))
        .max()
        .orElseThrow();
  }

  @Override
  public double smallestEigenvalue() {
    return parts().stream()
        .mapToDouble(p -> Spectrum.number(() -> p.block().eigenvalues().min()))
        .min()
        .orElseThrow();
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(
        () -> {
          Tensor all = null;
          for (Part part : parts()) {
            Tensor block = part.block().toDense();
            if (all == null) {
              all = Tensors.zeros(block, size(), size());
            }
            long p = part.block().size();
            all.narrow(0, part.offset(), p).narrow(1, part.offset(), p).copy_(block);
          }
          return java.util.Objects.requireNonNull(all);
        });
  }

  @Override
  public long bytes() {
    return parts().stream().mapToLong(p -> p.block().bytes()).sum();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      parts.forEach(p -> p.block().close());
    }
  }

  @Override
  public String toString() {
    return representation + " over " + layers;
  }
}
