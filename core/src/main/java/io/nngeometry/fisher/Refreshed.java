package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Second moments in the eigenvectors of a matrix that is there; blocks without any are made anew.
 */
final class Refreshed extends Representation {
  private final LayerwisePMat given;
  private final Map<String, Block> blocks = new HashMap<>();

  Refreshed(PMat given) {
    super(EKFAC.name());
    if (!(given instanceof LayerwisePMat layerwise)
        || (layerwise.parts().stream().allMatch(p -> bases(p.block()).isEmpty())
            && given.layers().layers().stream().anyMatch(l -> l.matrix().isPresent()))) {
      throw new IllegalArgumentException(
          "a %s matrix has no Kronecker eigenvectors to refresh: an ekfac or a kfac matrix has"
              .formatted(given.representation()));
    }
    this.given = layerwise;
    layerwise.parts().forEach(p -> blocks.put(p.name(), p.block()));
  }

  /** How to copy a block's eigenvectors, if it has some that are Kronecker products. */
  private static Optional<Supplier<EigenKroneckerBlock>> bases(Block block) {
    if (block instanceof KroneckerBlock kronecker && kronecker.symmetric()) {
      return Optional.of(kronecker::toEigenbasis);
    }
    return block instanceof EigenKroneckerBlock eigen ? Optional.of(eigen::copy) : Optional.empty();
  }

  private Block block(Layer layer) {
    return Objects.requireNonNull(blocks.get(layer.id()));
  }

  private boolean hasBases(Layer layer) {
    return bases(block(layer)).isPresent();
  }

  private void check(LayerCollection layers) {
    if (!layers.equals(given.layers())) {
      throw new IllegalArgumentException(
          "the matrix to refresh is over %s, not over %s".formatted(given.layers(), layers));
    }
  }

  @Override
  Work work(Footprint f) {
    List<Need> needs = new ArrayList<>();
    List<LayerSizes> stacked = new ArrayList<>();
    for (LayerSizes layer : f.layers()) {
      if (kind(layer.layer()).stacks(layer.layer())) {
        stacked.add(layer);
      }
      boolean turned = layer.outer() && hasBases(layer.layer());
      needs.add(
          turned
              ? KroneckerSizes.turned(layer, f.cotangents())
              : kind(layer.layer()).need(layer, f.cotangents()));
    }
    return new Work(true, 1, 0, Need.sideBySide(needs.stream()).and(f.stacked(stacked)));
  }

  private BlockKind kind(Layer layer) {
    return hasBases(layer) ? BlockKind.EKFAC : BlockKind.of(block(layer));
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    check(layers);
    return given.tensors().values().stream().mapToLong(t -> t.numel()).sum();
  }

  @Override
  void first(Sums sums) {
    check(sums.layers());
    for (Layer layer : sums.layers().layers()) {
      bases(block(layer))
          .ifPresentOrElse(
              copy ->
                  sums.own(
                      layer,
                      this,
                      () -> {
                        EigenKroneckerBlock start = copy.get();
                        start.tensors().values().forEach(Scope::detach);
                        return new EigenKroneckerAccumulator(layer, start, true, sums.types());
                      }),
              () -> sums.firstOf(layer, kind(layer)));
    }
  }

  @Override
  PMat assemble(Sums sums) {
    List<Part> parts = new ArrayList<>();
    for (Layer layer : sums.layers().layers()) {
      Block mine = hasBases(layer) ? sums.own(layer, this) : sums.block(layer, kind(layer));
      parts.add(new Part(layer.id(), layer.offset(), mine));
    }
    return new LayerwisePMat(sums.layers(), name(), parts);
  }
}
