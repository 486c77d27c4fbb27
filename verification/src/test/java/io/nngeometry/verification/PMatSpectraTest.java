package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.TopEigen;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Eigenvalues and eigenvectors of every representation, and what follows from them alone. */
class PMatSpectraTest extends PMatContract {
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void spectra(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    ContractChecks checks = new ContractChecks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    try (Scope scope = Scope.open()) {
      Tensor values = c.eigenvalues;
      double greatest = Tensors.item(values.abs().max());
      double smallest = c.smallest();
      checks.attempt(
          "spectral norm",
          () -> checks.equal("spectral norm", m.spectralNorm(), greatest, greatest, tolerance));
      checks.attempt(
          "smallest eigenvalue",
          () ->
              checks.equal(
                  "smallest eigenvalue", m.smallestEigenvalue(), smallest, greatest, tolerance));
      checks.attempt(
          "eigenvalues",
          () -> {
            Tensor mine = m.eigenvalues();
            long k = mine.size(0);
            if (representation.equals("low-rank")) {
              assertThat(k).isEqualTo(Math.min(c.layers.size(), ((LowRankPMat) m).rank()));
              Tensor rest = values.narrow(0, 0, c.layers.size() - k);
              checks.within("left out eigenvalues", Calculus.norm(rest) / greatest, tolerance);
            } else {
              assertThat(k).isEqualTo(c.layers.size());
            }
            Tensor expected = values.narrow(0, c.layers.size() - k, k);
            checks.equal("eigenvalues", mine, expected, tolerance);
          });
      checks.attempt(
          "top eigenvectors",
          () -> {
            TopEigen top = m.topEigen(4);
            Tensor u = top.vectors().to(ScalarType.Double);
            Tensor lambda = top.values().to(ScalarType.Double);
            assertThat(lambda.size(0)).isEqualTo(4);
            checks.equal(
                "top eigenvalues",
                lambda,
                values.narrow(0, values.size(0) - 4, 4).flip(0),
                tolerance);
            checks.within(
                "M u = lambda u",
                Calculus.norm(times(u, c.dense).sub(u.mul(lambda.unsqueeze(1)))) / greatest,
                tolerance);
            checks.equal("orthonormal eigenvectors", u.matmul(u.t()), Tensors.eye(u, 4), tolerance);
          });
      checks.attempt(
          "log-determinant",
          () -> {
            double lambda = regular(smallest);
            double expected = Tensors.item(values.add(new Scalar(lambda)).log().sum());
            double scale = Math.max(1, Math.abs(expected));
            checks.equal("log-determinant", m.logDeterminant(lambda), expected, scale, tolerance);
          });
    }
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" -> Set.of("eigenvalues", "log-determinant");
          case "quasi-diag" ->
              c.has("quasi-diagonal") ? Set.of("top eigenvectors") : Set.<String>of();
          default -> Set.of();
        });
  }
}
