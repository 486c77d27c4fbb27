package io.nngeometry.verification;

import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Every operation of every representation on every golden net against the dense matrix: it agrees,
 * or refuses by name, and which refuse is written in the tests, one for each kind of operation.
 */
abstract class PMatContract {
  /** Nets so small that an implicit Hessian can give its elements again and again. */
  private static final Set<String> SMALL = Set.of("mlp_binary", "embedding_padding_idx");

  static Stream<Arguments> cases() {
    Stream<Arguments> doubles =
        Golden.names().stream()
            .flatMap(
                net ->
                    ContractCase.kinds().stream()
                        .filter(r -> !r.equals("hessian-implicit") || SMALL.contains(net))
                        .map(r -> Arguments.of(net, ScalarType.Double, r)));
    Stream<Arguments> floats =
        Golden.names().stream()
            .flatMap(
                net ->
                    ContractCase.representations().keySet().stream()
                        .map(r -> Arguments.of(net, ScalarType.Float, r)));
    return Stream.concat(doubles, floats);
  }

  @AfterAll
  static void count() {
    System.out.printf("operator contract: %d comparisons so far%n", ContractChecks.count());
  }

  static boolean mayBeIndefinite(String representation) {
    return representation.equals("quasi-diag") || isHessian(representation);
  }

  static boolean isHessian(String representation) {
    return representation.startsWith(ContractCase.HESSIAN);
  }

  /** What the refusals of a matrix depend on. */
  static String stored(String representation) {
    return representation.replace(ContractCase.HESSIAN, "");
  }

  static Tensor times(Tensor rows, Tensor matrix) {
    return rows.to(ScalarType.Double).matmul(matrix.t());
  }

  /** A damping that makes the matrix positive definite. */
  static double regular(double smallest) {
    return Golden.LAMBDA + 2 * Math.max(0, -smallest);
  }

  /** A factor in float64 of its own, which may be stored as its diagonal. */
  static Tensor whole(Tensor factor) {
    Tensor f = factor.to(ScalarType.Double);
    return f.dim() == 2 ? torch.diag_embed(f) : f.clone();
  }
}
