package io.nngeometry.verification;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.BlockKind;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One representation on one golden net, with what its elements say. Made outside every scope and
 * kept, since many tests ask the same matrix.
 */
final class ContractCase {
  /** What the names of Hessians begin with. */
  static final String HESSIAN = "hessian-";

  private static final Map<String, ContractCase> MADE = new HashMap<>();

  /** EKFAC for linear layers, dense blocks for normalisations, diagonals for the rest. */
  static final Representation MIXED =
      Representation.layerwise(
          "mixed",
          layer ->
              layer.kind().equals("Linear")
                  ? BlockKind.EKFAC
                  : layer.kind().contains("Norm") ? BlockKind.DENSE : BlockKind.DIAGONAL);

  final String name;
  final GoldenNet net;
  final LayerCollection layers;
  final Examples examples;
  final Fisher fisher;
  final Representation representation;
  final ScalarType type;

  /** The matrix by the exact estimator. */
  final PMat matrix;

  /** Its elements, in float64. */
  final Tensor dense;

  /** Eigenvalues of all of it, ascending, in float64. */
  final Tensor eigenvalues;

  /** Eigenvalues of the parts that are decomposed by themselves. */
  final double[] eigenvaluesOfParts;

  /** Another estimate of it, by sampled labels. */
  final PMat other;

  /** Elements of the other, in float64. */
  final Tensor otherDense;

  private ContractCase(
      String name, ScalarType type, Representation representation, boolean hessian) {
    this.name = "%s %s%s (%s)".formatted(name, hessian ? HESSIAN : "", representation, type);
    this.representation = representation;
    this.type = type;
    Golden golden = Golden.read(name, type);
    net = golden.net();
    layers = LayerCollection.of(net);
    examples = golden.examples();
    fisher = Fisher.of(net, golden.classification()).on(examples).layers(layers);
    matrix =
        hessian
            ? Hessian.of(net, ExampleLoss.of(golden.classification()))
                .on(examples)
                .layers(layers)
                .as(representation)
            : fisher.as(representation);
    dense = matrix.toDense().to(ScalarType.Double);
    eigenvalues = torch.linalg_eigvalsh(dense);
    eigenvaluesOfParts =
        parts().stream()
            .map(p -> torch.linalg_eigvalsh(block(dense, p[0], p[1]).contiguous()))
            .flatMapToDouble(values -> Arrays.stream(Tensors.toArray(values)))
            .toArray();
    other = fisher.estimator(Estimator.monteCarlo(3, 5)).as(representation);
    otherDense = other.toDense().to(ScalarType.Double);
  }

  /** Every representation by name, and a mixed one. */
  static Map<String, Representation> representations() {
    Map<String, Representation> all = new LinkedHashMap<>(Representation.byName());
    all.put("mixed", MIXED);
    return all;
  }

  static ContractCase of(String net, ScalarType type, String representation) {
    return MADE.computeIfAbsent(
        net + type + representation,
        key ->
            new ContractCase(
                net,
                type,
                representations().get(representation.replace(HESSIAN, "")),
                representation.startsWith(HESSIAN)));
  }

  /** Every matrix there is by name: Fisher matrices by their representation, and Hessians. */
  static List<String> kinds() {
    List<String> all = new ArrayList<>(representations().keySet());
    for (String stored : List.of("dense", "block-diag", "diag", "implicit")) {
      all.add(HESSIAN + stored);
    }
    return all;
  }

  boolean isDouble() {
    return type == ScalarType.Double;
  }

  /** Of products, sums and other exact formulas. */
  double tolerance() {
    return isDouble() ? 1e-11 : 1e-4;
  }

  /** Of what a decomposition or a solver is in. */
  double spectralTolerance() {
    return isDouble() ? 1e-9 : 1e-3;
  }

  /** Standard normal rows, (m, d). */
  Tensor rows(long m, long seed) {
    return Tensors.randn(seed, Tensors.options(type), m, layers.size());
  }

  PVector vector(long seed) {
    return PVector.of(layers, rows(1, seed).squeeze(0));
  }

  /** Three outputs on two examples. */
  PFMap map(long seed) {
    return PFMap.of(layers, rows(6, seed).view(3, 2, layers.size()));
  }

  /** lambda times the identity. */
  PMat identity(double lambda) {
    return fisher.as(Representation.EYE).times(lambda);
  }

  /** First coordinate and size of the parts that are decomposed by themselves. */
  List<long[]> parts() {
    List<long[]> parts = new ArrayList<>();
    if (matrix instanceof LayerwisePMat layerwise) {
      layerwise.parts().forEach(p -> parts.add(new long[] {p.offset(), p.block().size()}));
    } else {
      parts.add(new long[] {0, layers.size()});
    }
    return parts;
  }

  double smallest() {
    return Tensors.item(eigenvalues.min());
  }

  double greatest() {
    return Tensors.item(eigenvalues.max());
  }

  boolean has(String kind) {
    return matrix instanceof LayerwisePMat layerwise
        && layerwise.parts().stream().anyMatch(p -> p.block().kind().equals(kind));
  }

  /** The part of {@code all} that belongs to one layer. */
  static Tensor block(Tensor all, Layer layer) {
    return block(all, layer.offset(), layer.size());
  }

  static Tensor block(Tensor all, long offset, long size) {
    return all.narrow(0, offset, size).narrow(1, offset, size);
  }

  @Override
  public String toString() {
    return name;
  }
}
