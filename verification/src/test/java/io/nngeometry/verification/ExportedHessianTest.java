package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.ForwardMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products with the Hessian of exported networks, by tangents that are differentiated, against
 * gradients that are differentiated. libtorch's own tangents of normalisations hold their
 * statistics constant; they must not be used here.
 */
class ExportedHessianTest {
  private static final double TOLERANCE = 1e-10;
  private static final int VECTORS = 3;

  static List<String> nets() {
    return ExportedNetsTest.coveredNets();
  }

  @ParameterizedTest
  @MethodSource("nets")
  void productsAreThoseOfDoubleBackward(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      ExportedNetsTest.Net net = ExportedNetsTest.Net.read(name);
      LayerCollection layers = LayerCollection.of(net.program());
      Tensor f = net.program().forward(net.inputs().toArray(Tensor[]::new));
      Tensor aims = Tensors.randn(5, Tensors.options(f), Tensors.shape(f));
      Tensor loss = f.sub(aims).square().sum().div(Tensors.scalar(2.0 * f.size(0)));
      List<Tensor> leaves = Calculus.leaves(layers);
      Tensor gradient = Calculus.differentiableGradient(loss, leaves);
      Tensor v = Tensors.randn(1, Tensors.options(f), VECTORS, layers.size());
      List<Tensor> truth = new ArrayList<>();
      for (int k = 0; k < VECTORS; k++) {
        List<Tensor> parts = Tensors.gradients(gradient, v.select(0, k), leaves, true);
        truth.add(Tensors.cat(parts.stream().map(t -> t.reshape(-1)).toList(), 0));
      }
      Examples data = Examples.of(net.inputs(), aims).batches(3);
      PMat hessian =
          Hessian.of(net.program(), ExampleLoss.of(Metric.gaussian()))
              .on(data)
              .as(Representation.IMPLICIT);
      Tensor expected = Tensors.stack(truth, 0);
      assertThat(Calculus.relativeError(hessian.apply(v), expected)).isLessThan(TOLERANCE);
      Tensor one = hessian.apply(v.narrow(0, 1, 1));
      assertThat(Calculus.relativeError(one, expected.narrow(0, 1, 1))).isLessThan(TOLERANCE);
    }
  }

  /**
   * What forward mode gives through the calls of a program can be differentiated: the derivative of
   * J v in the inputs is that of a differentiated gradient. Without this, Hessians are right too,
   * but by a way that takes longer.
   */
  @ParameterizedTest
  @MethodSource("nets")
  void tangentsCanBeDifferentiated(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      ExportedNetsTest.Net net = ExportedNetsTest.Net.read(name);
      assumeTrue(net.inputs().stream().allMatch(Tensor::is_floating_point), "inputs are numbers");
      List<Tensor> xs = net.inputs().stream().map(x -> x.clone().requires_grad_()).toList();
      List<Tensor> vs = new ArrayList<>();
      for (Tensor x : xs) {
        vs.add(Tensors.randn(7, Tensors.options(x), Tensors.shape(x)));
      }
      Tensor f = net.program().forward(xs.toArray(Tensor[]::new));
      Tensor s = Tensors.randn(9, Tensors.options(f), Tensors.shape(f));
      Tensor gradient = Calculus.differentiableGradient(f.mul(s).sum(), xs);
      Tensor flat = Tensors.cat(vs.stream().map(v -> v.reshape(-1)).toList(), 0);
      Tensor expected = Calculus.differentiableGradient(gradient.dot(flat), xs);
      Tensor tangent;
      try (ForwardMode forward = ForwardMode.enter(null, true)) {
        Tensor[] duals = new Tensor[xs.size()];
        for (int k = 0; k < duals.length; k++) {
          duals[k] = forward.dual(xs.get(k), vs.get(k));
        }
        tangent = forward.tangent(net.program().forward(duals));
      }
      Tensor actual = Calculus.differentiableGradient(tangent.mul(s).sum(), xs);
      assertThat(Calculus.relativeError(actual, expected)).isLessThan(TOLERANCE);
    }
  }
}
