package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What is stored of a matrix over parameter space. Swap one for another and the code around stays.
 */
public sealed interface Representation {
  /** Everything: d x d. */
  Representation DENSE = new Dense();

  /** The diagonal. */
  Representation DIAG = layerwise("diag", layer -> BlockKind.DIAGONAL);

  /** One dense block per layer. */
  Representation BLOCK_DIAG = layerwise("block-diag", layer -> BlockKind.DENSE);

  /**
   * Kronecker factors per linear map (Martens and Grosse 2015; convolutions: Grosse and Martens
   * 2016, 'expand'); dense blocks for layers that are none, such as normalisations.
   */
  Representation KFAC = layerwise("kfac", layer -> BlockKind.KFAC);

  /**
   * KFAC's eigenvectors with exact second moments (George et al. 2018); reads the examples twice.
   */
  Representation EKFAC = layerwise("ekfac", layer -> BlockKind.EKFAC);

  /** Nothing: products run the examples again, whatever the number of outputs. */
  Representation IMPLICIT = new Implicit();

  /** A mixed matrix: every layer has a kind of block of its own. */
  static Representation layerwise(String name, Function<Layer, BlockKind> choose) {
    return new Layerwise(name, choose);
  }

  /** Every representation by the name that the command line takes. */
  static Map<String, Representation> byName() {
    Map<String, Representation> all = new java.util.LinkedHashMap<>();
    for (Representation r : new Representation[] {DENSE, DIAG, BLOCK_DIAG, KFAC, EKFAC, IMPLICIT}) {
      all.put(r.name(), r);
    }
    return all;
  }

  /** The representation named {@code name}, in any case. */
  static Representation of(String name) {
    Representation r = byName().get(name.toLowerCase(Locale.ROOT));
    if (r == null) {
      throw new IllegalArgumentException(
          "no representation '%s'; there are %s"
              .formatted(name, String.join(", ", byName().keySet())));
    }
    return r;
  }

  /** Its name: {@code dense}, {@code diag}, {@code block-diag}, {@code kfac}, … */
  String name();

  /** Numbers that a matrix over {@code layers} stores. */
  long elements(LayerCollection layers);

  /** Everything. */
  record Dense() implements Representation {
    @Override
    public String name() {
      return "dense";
    }

    @Override
    public long elements(LayerCollection layers) {
      return saturatedProduct(layers.size(), layers.size());
    }
  }

  /** Nothing. */
  record Implicit() implements Representation {
    @Override
    public String name() {
      return "implicit";
    }

    @Override
    public long elements(LayerCollection layers) {
      return 0;
    }
  }

  /** A block per layer. */
  record Layerwise(String name, Function<Layer, BlockKind> choose) implements Representation {
    @Override
    public long elements(LayerCollection layers) {
      long total = 0;
      for (Layer layer : layers.layers()) {
        total += choose.apply(layer).elements(layer);
        if (total < 0) {
          return Long.MAX_VALUE;
        }
      }
      return total;
    }
  }

  private static long saturatedProduct(long a, long b) {
    return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
  }
}
