package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A block for every layer. */
final class LayerwiseRepresentation extends Representation {
  private final Function<Layer, BlockMaker> choose;

  LayerwiseRepresentation(String name, Function<Layer, BlockMaker> choose) {
    super(name);
    this.choose = choose;
  }

  /**
   * Second moments in the eigenvectors of a matrix that is there; blocks without any are made anew.
   */
  static LayerwiseRepresentation refreshing(PMat given) {
    if (!(given instanceof LayerwisePMat layerwise)
        || (layerwise.parts().stream().noneMatch(p -> GivenBasisMaker.serves(p.block()))
            && given.layers().layers().stream().anyMatch(l -> l.matrix().isPresent()))) {
      throw new IllegalArgumentException(
          "a %s matrix has no Kronecker eigenvectors to refresh: an ekfac or a kfac matrix has"
              .formatted(given.representation()));
    }
    return new LayerwiseRepresentation(
        EKFAC.name(),
        layer -> {
          Block block = block(layerwise, layer);
          return GivenBasisMaker.serves(block)
              ? new GivenBasisMaker(layer, block)
              : BlockKind.of(block).on(layer);
        });
  }

  private static Block block(LayerwisePMat given, Layer layer) {
    return given.parts().stream()
        .filter(part -> fits(part, layer))
        .map(Part::block)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the matrix to refresh, over %s, has no block for %s"
                        .formatted(given.layers(), layer)));
  }

  /** Eigenvectors are over rows and columns, the numbers of which size alone does not tell. */
  private static boolean fits(Part part, Layer layer) {
    Block block = part.block();
    return part.name().equals(layer.id())
        && block.size() == layer.size()
        && (!GivenBasisMaker.serves(block) || block.layout().equals(layer.matrix()));
  }

  private List<BlockMaker> makers(LayerCollection layers) {
    return layers.layers().stream().map(choose).toList();
  }

  @Override
  Work work(Footprint f) {
    Function<LayerSizes, BlockMaker> maker = sizes -> choose.apply(sizes.layer());
    int readings =
        f.layers().stream().mapToInt(sizes -> maker.apply(sizes).readings()).max().orElse(0);
    return Work.recorded(
        readings,
        f.filled(
            sizes -> maker.apply(sizes).need(sizes, f.cotangents()),
            sizes -> maker.apply(sizes).stacks()));
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    return total(layers, BlockMaker::elements);
  }

  @Override
  long elements(LayerCollection layers, List<LayerSizes> sizes, GradientCount count) {
    Map<Layer, LayerSizes> of = new HashMap<>();
    sizes.forEach(s -> of.put(s.layer(), s));
    return total(
        layers,
        maker -> {
          LayerSizes mine = of.get(maker.layer()); // none where a layer was not used
          return mine == null ? maker.elements() : maker.elements(mine, count);
        });
  }

  @Override
  long least(LayerCollection layers) {
    return total(layers, BlockMaker::least);
  }

  private long total(LayerCollection layers, ToLongFunction<BlockMaker> elements) {
    long total = 0;
    for (BlockMaker maker : makers(layers)) {
      long mine = elements.applyAsLong(maker);
      total = mine > Long.MAX_VALUE - total ? Long.MAX_VALUE : total + mine;
    }
    return total;
  }

  @Override
  void first(Sums sums) {
    makers(sums.layers()).forEach(sums::first);
  }

  @Override
  void second(Sums sums) {
    sums.second(makers(sums.layers()));
  }

  @Override
  PMat assemble(Sums sums) {
    List<BlockMaker> makers = makers(sums.layers());
    List<Block> blocks = sums.blocks(makers);
    List<Part> parts = new ArrayList<>();
    for (int k = 0; k < blocks.size(); k++) {
      Layer layer = makers.get(k).layer();
      parts.add(new Part(layer.id(), layer.offset(), blocks.get(k)));
    }
    return new LayerwisePMat(sums.layers(), name(), parts);
  }
}
