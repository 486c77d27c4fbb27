package io.nngeometry.verification;

import io.nngeometry.fisher.BlockKind;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The matrices that the golden files speak of, made once each. */
final class GoldenMatrices {
  /** Kinds for which the reference has Kronecker factors. */
  private static final Set<String> KRONECKER = Set.of("Linear", "Conv1d", "Conv2d", "Embedding");

  private final Golden golden;
  private final GoldenNet net;
  private final LayerCollection layers;
  private final Map<String, PMat> made = new HashMap<>();

  GoldenMatrices(Golden golden, GoldenNet net, LayerCollection layers) {
    this.golden = golden;
    this.net = net;
    this.layers = layers;
  }

  /**
   * The matrix, if the library has its representation.
   *
   * @param variant which Fisher matrix, by the name of a truth matrix or of a reference variant
   * @param name representation, with the phase of EKFAC after a dot
   */
  Optional<PMat> find(String variant, String name) {
    return representation(name)
        .map(
            r ->
                made.computeIfAbsent(
                    variant + " " + name,
                    unused ->
                        Fisher.of(net, metric(variant))
                            .on(golden.examples())
                            .layers(layers)
                            .estimator(estimator(variant))
                            .as(r)));
  }

  private Metric metric(String variant) {
    return switch (variant) {
      case "regression", "fisher_regression" -> Metric.gaussian();
      default -> golden.classification();
    };
  }

  private Estimator estimator(String variant) {
    return switch (variant) {
      case "mc_labels", "mc_fisher" -> Estimator.monteCarlo(golden.input("mc.labels"));
      case "empirical_fisher" -> Estimator.empirical();
      case "regression",
          "fisher_regression",
          "fisher_classif",
          "classif_logits",
          "classif_binary_logits" ->
          Estimator.exact();
      default -> throw new IllegalArgumentException("no variant " + variant);
    };
  }

  private static Optional<Representation> representation(String name) {
    return switch (name) {
      case "Dense" -> Optional.of(Representation.DENSE);
      case "Diag" -> Optional.of(Representation.DIAG);
      case "BlockDiag" -> Optional.of(Representation.BLOCK_DIAG);
      case "Implicit" -> Optional.of(Representation.IMPLICIT);
      case "KFAC", "EKFAC.kfac" -> Optional.of(Representation.KFAC);
      case "EKFAC.updated" -> Optional.of(Representation.EKFAC);
      case "EKFACBlockDiag.kfac" -> Optional.of(mixed(BlockKind.KFAC));
      case "EKFACBlockDiag", "EKFACBlockDiag.updated" -> Optional.of(mixed(BlockKind.EKFAC));
      case "QuasiDiag" -> Optional.ofNullable(Representation.byName().get("quasi-diag"));
      case "LowRank" -> Optional.ofNullable(Representation.byName().get("low-rank"));
      default -> throw new IllegalArgumentException("no representation " + name);
    };
  }

  private static Representation mixed(BlockKind kronecker) {
    return Representation.layerwise(
        "mixed", layer -> hasFactors(layer) ? kronecker : BlockKind.DENSE);
  }

  static boolean hasFactors(Layer layer) {
    return KRONECKER.contains(layer.kind());
  }
}
