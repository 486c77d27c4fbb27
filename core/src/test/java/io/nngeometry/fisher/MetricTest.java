package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Every metric against its own negative log-likelihood, by double backward. */
class MetricTest {
  private static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  private record Case(Metric metric, Tensor outputs, BinaryOperator<Tensor> logLikelihood) {}

  private static Map<String, Case> cases() {
    Map<String, Case> all = new LinkedHashMap<>();
    BinaryOperator<Tensor> classes =
        (f, y) -> torch.log_softmax(f, 1).gather(1, y.unsqueeze(1)).sum();
    all.put("categorical", new Case(Metric.categorical(), randn(1, 4, 5), classes));
    all.put("positions", new Case(Metric.categorical(), randn(2, 3, 4, 2, 3), classes));
    all.put(
        "last axis",
        new Case(
            Metric.categorical(-1),
            randn(3, 3, 2, 4),
            (f, y) -> torch.log_softmax(f, 2).gather(2, y.unsqueeze(2)).sum()));
    all.put(
        "saturated", new Case(Metric.categorical(), randn(4, 6, 4).mul(new Scalar(300)), classes));
    all.put(
        "bernoulli",
        new Case(
            Metric.bernoulli(),
            randn(5, 4, 3, 2),
            (f, y) -> y.mul(f).sub(torch.softplus(f)).sum()));
    all.put(
        "variance",
        new Case(
            Metric.gaussian(2.5),
            randn(6, 4, 3),
            (f, y) -> y.sub(f).square().sum().mul(new Scalar(-1 / 5.0))));
    Tensor root = randn(7, 3, 3);
    Tensor covariance = root.matmul(root.t()).add(Tensors.eye(root, 3));
    Tensor precision = torch.linalg_inv(covariance);
    all.put(
        "covariance",
        new Case(
            Metric.gaussian(covariance),
            randn(8, 4, 3),
            (f, y) -> y.sub(f).matmul(precision).mul(y.sub(f)).sum().mul(new Scalar(-0.5))));
    all.put(
        "poisson",
        new Case(Metric.poisson(), randn(9, 4, 3), (f, y) -> y.mul(f).sub(f.exp()).sum()));
    return all;
  }

  /** (n, c, c) from the products with all unit vectors. */
  private static Tensor dense(Metric metric, Tensor outputs) {
    long n = outputs.size(0);
    long c = outputs.numel() / n;
    List<Tensor> columns = new ArrayList<>();
    for (long k = 0; k < c; k++) {
      Tensor unit = torch.zeros_like(outputs);
      unit.view(n, c).select(1, k).fill_(new Scalar(1));
      columns.add(metric.hessianProduct(outputs, unit).reshape(n, c));
    }
    return Tensors.stack(columns, 2);
  }

  private static Tensor squared(Metric metric, Tensor outputs) {
    long n = outputs.size(0);
    long c = outputs.numel() / n;
    Metric.SquareRoot root = metric.squareRoot(outputs);
    Tensor total = Tensors.zeros(outputs, n, c, c);
    for (int k = 0; k < root.columns(); k++) {
      Tensor column = root.column(k).reshape(n, c);
      total.add_(column.unsqueeze(2).mul(column.unsqueeze(1)));
    }
    return total;
  }

  private static void assertClose(Tensor a, Tensor b, String what) {
    double error = Tensors.item(a.sub(b).norm());
    assertThat(error).as(what).isLessThan(1e-10 * (1 + Tensors.item(b.norm())));
  }

  @Test
  void squareRootsSquareToTheHessian() {
    try (Scope scope = Scope.open()) {
      cases()
          .forEach(
              (name, c) ->
                  assertClose(
                      squared(c.metric(), c.outputs()), dense(c.metric(), c.outputs()), name));
    }
  }

  @Test
  void customMetricsGiveEachOther() {
    try (Scope scope = Scope.open()) {
      Metric categorical = Metric.categorical();
      Tensor f = randn(11, 4, 5);
      Tensor truth = dense(categorical, f);
      Metric byAction = Metric.custom(categorical::hessianProduct);
      Metric byRoot =
          Metric.customSquareRoot(
              outputs -> {
                Metric.SquareRoot root = categorical.squareRoot(outputs);
                List<Tensor> columns = new ArrayList<>();
                for (int k = 0; k < root.columns(); k++) {
                  columns.add(root.column(k));
                }
                return Tensors.stack(columns, 0);
              });
      assertClose(squared(byAction, f), truth, "square root of an action");
      assertClose(dense(byRoot, f), truth, "action of a square root");
    }
  }

  @Test
  void scoresAndHessiansAreDerivativesOfTheLikelihood() {
    try (Scope scope = Scope.open()) {
      cases()
          .forEach(
              (name, c) -> {
                Tensor f = c.outputs().detach().requires_grad_();
                Tensor y = c.metric().sample(f.detach(), new Draws(3, 0, 0));
                Tensor likelihood = c.logLikelihood().apply(f, y);
                Tensor one = torch.ones_like(likelihood);
                Tensor score =
                    torch
                        .grad(
                            new org.bytedeco.pytorch.TensorVector(likelihood),
                            new org.bytedeco.pytorch.TensorVector(f),
                            new org.bytedeco.pytorch.TensorVector(one),
                            new org.bytedeco.pytorch.BoolOptional(true),
                            true,
                            false)
                        .get(0);
                assertClose(c.metric().score(f.detach(), y), score.detach(), name + " score");
                Tensor u = randn(12, Tensors.shape(f));
                Tensor hessian =
                    score.requires_grad()
                        ? Tensors.gradients(score, u, List.of(f), false).get(0).neg()
                        : torch.zeros_like(f);
                assertClose(c.metric().hessianProduct(f.detach(), u), hessian, name + " H u");
              });
    }
  }

  @Test
  void sampledScoresHaveMeanZeroAndCovarianceTheHessian() {
    try (Scope scope = Scope.open()) {
      int draws = 3000;
      cases()
          .forEach(
              (name, c) -> {
                Tensor f = c.outputs().narrow(0, 0, 1).expand(widened(c.outputs(), draws));
                Tensor s =
                    Tensors.flatten(c.metric().score(f, c.metric().sample(f, new Draws(5, 0, 0))));
                Tensor h = dense(c.metric(), c.outputs()).select(0, 0);
                double scale = Math.sqrt(Tensors.item(h.trace()) / draws);
                assertThat(Tensors.item(s.sum(0).div(new Scalar(draws)).norm()))
                    .as(name + " mean")
                    .isLessThan(5 * scale + 1e-12);
                Tensor covariance = s.t().matmul(s).div(new Scalar(draws));
                assertThat(Tensors.item(covariance.sub(h).norm()))
                    .as(name + " covariance")
                    .isLessThan(0.25 * Tensors.item(h.norm()) + 1e-12);
              });
    }
  }

  private static long[] widened(Tensor outputs, long n) {
    long[] shape = Tensors.shape(outputs);
    shape[0] = n;
    return shape;
  }
}
