package io.nngeometry.verification;

import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Powers of every representation. */
class PMatPowersTest extends PMatContract {
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void powers(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    ContractChecks checks = new ContractChecks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    Tensor v = c.rows(2, 11);
    double smallest = Tensors.item(torch.linalg_eigvalsh(c.dense).min());
    double lambda = regular(smallest);
    boolean negative = isHessian(representation) && smallest < -1e-9 * Calculus.norm(c.dense);
    checks.attempt(
        "power 2",
        () -> {
          PMat square = m.power(2);
          checks.equal("square", square.apply(v), m.apply(m.apply(v)), tolerance);
          checks.equal("square", square.toDense(), c.dense.matmul(c.dense), tolerance);
        });
    checks.attempt(
        "power 1/2",
        () -> {
          PMat root = m.power(0.5);
          checks.equal("root of root", root.apply(root.apply(v)), m.apply(v), tolerance);
        });
    checks.attempt(
        "power -1/2 with the identity",
        () -> {
          PMat damped = m.plus(c.identity(lambda));
          checks.equal(
              "with the identity",
              damped.apply(v),
              m.apply(v).add(v, new Scalar(lambda)),
              tolerance);
          PMat root = damped.power(-0.5);
          checks.equal("whitening", root.apply(root.apply(damped.apply(v))), v, tolerance);
          checks.equal(
              "root of the inverse",
              root.apply(root.apply(v)),
              m.solve(v, Damping.tikhonov(lambda)),
              tolerance);
        });
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" -> Set.of("power 2", "power 1/2", "power -1/2 with the identity");
          case "low-rank" -> Set.of("power -1/2 with the identity");
          case "quasi-diag" ->
              c.has("quasi-diagonal")
                  ? Set.of("power 2", "power 1/2", "power -1/2 with the identity")
                  : Set.<String>of();
          default -> negative ? Set.of("power 1/2") : Set.<String>of();
        });
  }
}
