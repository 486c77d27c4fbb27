package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products, quadratic forms and elements of every representation. */
class PMatProductsTest extends PMatContract {
  private static double quadratic(Tensor matrix, Tensor row) {
    Tensor v = row.to(ScalarType.Double).reshape(-1);
    return Tensors.item(matrix.mv(v).dot(v));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void products(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    ContractChecks checks = new ContractChecks();
    double tolerance = c.tolerance();
    PMat m = c.matrix;
    checks.attempt(
        "apply",
        () -> {
          Tensor x = c.rows(3, 1);
          Tensor y = c.rows(3, 2);
          Tensor mx = m.apply(x);
          Tensor my = m.apply(y);
          checks.equal("apply", mx, times(x, c.dense), tolerance);
          checks.equal(
              "linearity",
              m.apply(Tensors.times(x, 2).sub(Tensors.times(y, 3))),
              Tensors.times(mx, 2).sub(Tensors.times(my, 3)),
              tolerance);
          Tensor left = mx.mul(y).sum(1);
          checks.within(
              "symmetry",
              Calculus.norm(left.sub(x.mul(my).sum(1))) / Calculus.norm(mx) / Calculus.norm(y),
              tolerance);
        });
    checks.attempt(
        "mv",
        () -> {
          PFMap map = c.map(3);
          Tensor images = m.mv(map).tensor();
          Tensor quadratics = m.quadratic(map);
          for (long k = 0; k < map.outputs(); k++) {
            for (long i = 0; i < map.examples(); i++) {
              PVector v = PVector.of(c.layers, map.tensor().select(0, k).select(0, i));
              PVector image = m.mv(v);
              checks.equal(
                  "batched mv", images.select(0, k).select(0, i), image.tensor(), tolerance);
              double scale = v.norm() * image.norm();
              double form = m.quadraticForm(v);
              checks.equal("quadratic form", form, v.dot(image), scale, tolerance);
              checks.equal(
                  "quadratic form", form, quadratic(c.dense, v.tensor()), scale, tolerance);
              checks.equal(
                  "batched quadratic",
                  Tensors.item(quadratics.select(0, k).select(0, i)),
                  form,
                  scale,
                  tolerance);
              if (!mayBeIndefinite(representation)) {
                checks.within("positivity", Math.max(0, -form) / scale, tolerance);
              }
            }
          }
        });
    checks.attempt(
        "numbers",
        () -> {
          double trace = Tensors.item(c.dense.trace());
          double norm = Calculus.norm(c.dense);
          double scale = isHessian(representation) ? norm : trace;
          checks.equal("trace", m.trace(), trace, scale, tolerance);
          double byLayer = m.traceByLayer().values().stream().mapToDouble(x -> x).sum();
          checks.equal("trace by layer", byLayer, trace, scale, tolerance);
          assertThat(m.symmetric()).isTrue();
          PVector diagonal = m.diagonal();
          checks.equal("diagonal", diagonal.tensor(), c.dense.diagonal(), tolerance);
          checks.equal(
              "trace and diagonal",
              m.trace(),
              Tensors.item(diagonal.tensor().sum()),
              scale,
              tolerance);
          checks.equal("Frobenius norm", m.frobeniusNorm(), norm, norm, 10 * tolerance);
          assertThat(m.approximatelyEquals(m, tolerance)).isTrue();
          assertThat(m.approximatelyEquals(c.identity(1e3), 0.1)).isFalse();
          checks.equal("toDense", m.toDense(), c.dense, tolerance);
          checks.equal("symmetry of toDense", c.dense.t(), c.dense, tolerance);
        });
    checks.finish(c, Set.of());
  }
}
