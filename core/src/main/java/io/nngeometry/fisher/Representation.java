package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.linalg.LowRankMethod;
import io.nngeometry.linalg.Nystrom;
import io.nngeometry.operators.PMat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What is stored of a matrix over parameter space. Swap one for another and the code around stays.
 */
public abstract sealed class Representation
    permits DenseRepresentation,
        LowRankRepresentation,
        TruncatedRepresentation,
        ImplicitRepresentation,
        LayerwiseRepresentation {
  /** Everything: d x d. */
  public static final Representation DENSE = new DenseRepresentation();

  /** The diagonal. */
  public static final Representation DIAG = layerwise("diag", layer -> BlockKind.DIAGONAL);

  /**
   * The diagonal, and each bias element's covariance with its own row of weights (Ollivier 2015);
   * the diagonal where a layer has no such rows.
   */
  public static final Representation QUASI_DIAG =
      layerwise("quasi-diag", layer -> BlockKind.QUASI_DIAGONAL);

  /** One dense block per layer. */
  public static final Representation BLOCK_DIAG = layerwise("block-diag", layer -> BlockKind.DENSE);

  /**
   * Kronecker factors per linear map (Martens and Grosse 2015; convolutions: Grosse and Martens
   * 2016, 'expand'); dense blocks for layers that are none, such as normalisations. The factor of
   * an embedding's inputs is a diagonal, one number a row. An embedding whose table is an output
   * layer too has the Kronecker product with the partial traces of its exact block.
   */
  public static final Representation KFAC = layerwise("kfac", layer -> BlockKind.KFAC);

  /**
   * KFAC in the 'reduce' form for shared weights (Eschenhagen et al. 2023). The factor of an
   * embedding's inputs is not diagonal here: rows x rows numbers.
   */
  public static final Representation KFAC_REDUCE =
      layerwise("kfac-reduce", layer -> BlockKind.KFAC_REDUCE);

  /**
   * KFAC's eigenvectors with exact second moments (George et al. 2018); reads the examples twice.
   */
  public static final Representation EKFAC = layerwise("ekfac", layer -> BlockKind.EKFAC);

  /** The stacked Jacobian, c n x d: exact, and small while there are few examples and outputs. */
  public static final Representation LOW_RANK = new LowRankRepresentation();

  /** The identity: what plain gradient descent assumes. */
  public static final Representation EYE = layerwise("eye", layer -> BlockKind.IDENTITY);

  /** Nothing: products run the examples again, whatever the number of outputs. */
  public static final Representation IMPLICIT = new ImplicitRepresentation();

  private final String name;

  Representation(String name) {
    this.name = name;
  }

  /**
   * The stacked Jacobian cut to a rank, by products alone and without its c n x d rows: a vector of
   * the method costs one product of {@link #IMPLICIT}, whatever the number of examples and outputs.
   */
  public static Representation lowRank(long rank, LowRankMethod method) {
    return new TruncatedRepresentation(rank, method);
  }

  /** {@link #lowRank(long, LowRankMethod)} by {@link Nystrom} with ten vectors to spare. */
  public static Representation lowRank(long rank) {
    return lowRank(rank, Nystrom.DEFAULT);
  }

  /** A mixed matrix: every layer has a kind of block of its own. */
  public static Representation layerwise(String name, Function<Layer, BlockKind> choose) {
    return new LayerwiseRepresentation(name, layer -> choose.apply(layer).on(layer));
  }

  /**
   * EKFAC's eigenvalues alone, in the eigenvectors of a matrix made before, of other examples or
   * weights: one reading, and no decomposition. George et al. (2018, section 3.2) refresh them at
   * every step and eigenvectors now and then.
   *
   * <pre>{@code
   * PMat ekfac = fisher.on(some).as(EKFAC);
   * PMat later = fisher.on(others).as(Representation.refresh(ekfac));
   * }</pre>
   *
   * <p>Where the eigenvectors do not span all of a layer, because they were made of fewer vectors
   * than those have elements, the rest has one eigenvalue, with which the trace is exact. Blocks
   * without Kronecker eigenvectors, as those of normalisations, are made anew.
   *
   * @param ekfac an EKFAC or KFAC matrix, or a mixed one with such blocks, over these layers and
   *     perhaps others; it must stay open until the new one is made
   * @throws IllegalArgumentException if it has no Kronecker eigenvectors
   */
  public static Representation refresh(PMat ekfac) {
    return LayerwiseRepresentation.refreshing(ekfac);
  }

  /** Every representation by the name that the command line takes. */
  public static Map<String, Representation> byName() {
    Map<String, Representation> all = new LinkedHashMap<>();
    for (Representation r :
        List.of(
            DENSE,
            BLOCK_DIAG,
            KFAC,
            KFAC_REDUCE,
            EKFAC,
            QUASI_DIAG,
            DIAG,
            LOW_RANK,
            EYE,
            IMPLICIT)) {
      all.put(r.name(), r);
    }
    return all;
  }

  /** The representation named {@code name}, in any case. */
  public static Representation of(String name) {
    Representation r = byName().get(name.toLowerCase(Locale.ROOT));
    if (r == null) {
      throw new IllegalArgumentException(
          "no representation '%s'; there are %s"
              .formatted(name, String.join(", ", byName().keySet())));
    }
    return r;
  }

  /** Its name: {@code dense}, {@code diag}, {@code block-diag}, {@code kfac}, … */
  public final String name() {
    return name;
  }

  /**
   * Numbers that a matrix stores, or needs while it is made if that is more.
   *
   * @param layers its parameters
   * @param gradients number of gradients it is made of: examples times cotangents
   */
  public abstract long elements(LayerCollection layers, long gradients);

  /** The same for layers of known sizes, whose examples may be few. */
  long elements(LayerCollection layers, List<LayerSizes> sizes, GradientCount count) {
    return elements(layers, count.examples() * count.cotangents());
  }

  /** Numbers that it stores at the least, whatever the examples. */
  long least(LayerCollection layers) {
    return elements(layers, 0);
  }

  /** What making it is to the examples. */
  abstract Work work(Footprint footprint);

  /** How often it is held while it is completed: sums, and what is made of them. */
  int copies() {
    return 2;
  }

  /** Asks for the sums of the first reading, if it needs any. */
  void first(Sums sums) {
    // many are made of products, or of nothing
  }

  /** Asks for the sums of a second reading, given those of the first, if it needs one. */
  void second(Sums sums) {
    // one reading is enough for most
  }

  /** The matrix, from the sums. */
  abstract PMat assemble(Sums sums);

  @Override
  public final String toString() {
    return name;
  }

  /** a b, or the greatest number if that is more. */
  static long saturatedProduct(long a, long b) {
    return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
  }
}
