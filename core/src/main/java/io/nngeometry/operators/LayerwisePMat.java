package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
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
  public record Part(String name, long offset, Block block) {
    long size() {
      return block.size();
    }
  }

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

  @Override
  public boolean symmetric() {
    return parts().stream().map(Part::block).allMatch(Block::symmetric);
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
    Tensor images = Tensors.empty(rows, rows.size(0), rows.size(1));
    Consumer<Part> write =
        part -> {
          try (Scope scope = Scope.open()) {
            Tensor mine = rows.narrow(1, part.offset(), part.size());
            images.narrow(1, part.offset(), part.size()).copy_(f.apply(part, mine));
          }
        };
    // two products of each row with matrices of the sides' size, about
    Workers.forEach(parts(), part -> 4.0 * rows.size(0) * Math.pow(part.size(), 1.5), write);
    return images;
  }

  @Override
  public Tensor apply(Tensor rows) {
    return perPart(rows, (part, mine) -> part.block().apply(mine));
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return perPart(rows, (part, mine) -> named(part, b -> b.solve(mine, lambda)));
  }

  @Override
  public Tensor solveFactored(Tensor rows, double lambda, OptionalDouble pi) {
    return perPart(rows, (part, mine) -> named(part, b -> b.solveFactored(mine, lambda, pi)));
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    double least = threshold(cutoff);
    return perPart(rows, (part, mine) -> named(part, b -> b.solveAbove(mine, least)));
  }

  /** A cutoff is relative to the greatest eigenvalue of all parts: one meaning for every matrix. */
  private double threshold(double cutoff) {
    double greatest =
        Collections.max(Workers.values(parts(), Part::size, p -> p.block().greatestEigenvalue()));
    return Spectrum.threshold(cutoff, greatest, tensors().values().iterator().next());
  }

  /** Errors of a block learn the name of its layer. */
  static <T> T named(Part part, Function<Block, T> f) {
    try {
      return f.apply(part.block());
    } catch (SingularBlockException e) {
      throw new SingularBlockException("layer " + part.name() + ": " + e.what(), e.lambda());
    }
  }

  private PMat perBlock(String name, Function<Part, Block> f) {
    Scope.Owner owner = Scope.owner();
    List<Part> images =
        Workers.values(
            parts(),
            Part::size,
            part -> {
              Block image = named(part, b -> f.apply(part));
              image.tensors().values().forEach(owner::adopt);
              return new Part(part.name(), part.offset(), image);
            });
    return new LayerwisePMat(layers, name, images);
  }

  /** Blocks made of two matrices' blocks, if all of them can be. */
  private Optional<PMat> perPair(PMat other, BiFunction<Block, Block, Optional<Block>> f) {
    if (!(other instanceof LayerwisePMat that)) {
      return Optional.empty();
    }
    if (!sameParts(that)) {
      return perDense(that, f);
    }
    List<Part> images = new ArrayList<>();
    for (int k = 0; k < parts().size(); k++) {
      Part mine = parts.get(k);
      Optional<Block> image = f.apply(mine.block(), that.parts().get(k).block());
      if (image.isEmpty()) {
        images.forEach(p -> p.block().close());
        return Optional.empty();
      }
      images.add(new Part(mine.name(), mine.offset(), image.get()));
    }
    return Optional.of(new LayerwisePMat(layers, representation, images));
  }

  /** One dense block over everything holds what any other parts make with it. */
  private Optional<PMat> perDense(LayerwisePMat that, BiFunction<Block, Block, Optional<Block>> f) {
    if (!layers.equals(that.layers)
        || parts().size() != 1
        || !(parts.get(0).block() instanceof DenseBlock mine)) {
      return Optional.empty();
    }
    try (DenseBlock theirs = new DenseBlock(that.toDense(), that.symmetric())) {
      return f.apply(mine, theirs)
          .map(
              block ->
                  new LayerwisePMat(
                      layers, representation, List.of(new Part(parts.get(0).name(), 0, block))));
    }
  }

  private boolean sameParts(LayerwisePMat that) {
    return layers.equals(that.layers)
        && parts().stream()
            .map(Part::name)
            .toList()
            .equals(that.parts().stream().map(Part::name).toList());
  }

  @Override
  public Optional<PMat> combine(double a, PMat other, double b) {
    return perPair(other, (x, y) -> x.combine(a, y, b).or(() -> y.combine(b, x, a)));
  }

  @Override
  public Optional<PMat> merge(PMat other, double weight) {
    return perPair(other, (x, y) -> x.merge(y, weight));
  }

  @Override
  public PMat multiply(PMat other) {
    return perPair(other, Block::multiply)
        .orElseThrow(
            () ->
                new RefusedOperationException(
                    "the product with a %s matrix".formatted(other.representation()),
                    representation,
                    "no block can hold it",
                    "dense matrices have one"));
  }

  @Override
  public PMat times(double factor) {
    return perBlock(representation, p -> p.block().times(factor));
  }

  @Override
  public PMat power(double exponent) {
    return perBlock(representation + "^" + exponent, p -> p.block().power(exponent));
  }

  @Override
  public PMat inverse(Damping damping) {
    UnaryOperator<Block> inverse = damping.inverse(this::threshold);
    return perBlock(representation + "^-1", p -> inverse.apply(p.block()));
  }

  @Override
  public double logDeterminant(double lambda) {
    return Workers.values(parts(), Part::size, p -> named(p, b -> b.logDeterminant(lambda)))
        .stream()
        .mapToDouble(x -> x)
        .sum();
  }

  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(
        () ->
            Tensors.ascending(
                Tensors.cat(Workers.map(parts(), Part::size, p -> p.block().eigenvalues()), 0)));
  }

  /** The greatest of all parts' eigenvalues; vectors are zero outside their part. */
  @Override
  public TopEigen topEigen(long k) {
    if (k < 1) {
      throw new IllegalArgumentException("ask for one eigenvalue or more, not " + k);
    }
    try (Scope scope = Scope.open()) {
      List<Tensor> values = new ArrayList<>();
      List<Tensor> vectors = new ArrayList<>();
      for (Part part : parts()) {
        TopEigen top = part.block().topEigen(k);
        Tensor wide = Tensors.zeros(top.vectors(), top.vectors().size(0), size());
        wide.narrow(1, part.offset(), part.block().size()).copy_(top.vectors());
        values.add(top.values());
        vectors.add(wide);
      }
      Tensor all = Tensors.cat(values, 0);
      Tensor index =
          new Tensor(org.bytedeco.pytorch.global.torch.topk(all, Math.min(k, all.numel())).get1());
      return new TopEigen(
          scope.keep(all.index_select(0, index)),
          scope.keep(Tensors.cat(vectors, 0).index_select(0, index)));
    }
  }

  @Override
  public double trace() {
    return parts().stream().mapToDouble(p -> p.block().trace()).sum();
  }

  /** Numbers of every part, by name. */
  public PartNumbers byPart() {
    return new PartNumbers(layers, parts());
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
    return parts().stream().mapToDouble(p -> p.block().spectralNorm()).max().orElseThrow();
  }

  @Override
  public double smallestEigenvalue() {
    return Collections.min(
        Workers.values(parts(), Part::size, p -> p.block().smallestEigenvalue()));
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
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (Part part : parts()) {
      part.block().tensors().forEach((name, t) -> all.put(part.name() + "/" + name, t));
    }
    return all;
  }

  @Override
  public void dropDecompositions() {
    parts().forEach(p -> p.block().dropDecompositions());
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
