package io.nngeometry.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every reference network, as small as it gets, has its geometry to 1e-10. */
class NetworkGeometryTest {
  private static final int EXAMPLES = 3;

  /** Name, network, shape of an example, axis of the classes. */
  static Stream<Arguments> networks() {
    Transformer.Options tiny = Transformer.Options.of(7, 5, 6).depth(1);
    return Stream.of(
        Arguments.of("lenet", new LeNet(2, 12, 13, 3), List.of(2L, 12L, 13L), 1),
        Arguments.of("mlp of three layers", new Mlp(6, 5, 4, 3), List.of(6L), 1),
        Arguments.of("resnet18", new ResNet18(2, 3), List.of(3L, 8L, 8L), 1),
        Arguments.of("resnet18, no norm", new ResNet18(2, 3, Norm.NONE), List.of(3L, 8L, 8L), 1),
        Arguments.of("resnet20", ResNetCifar.resNet20(1, 2, 3), List.of(1L, 8L, 8L), 1),
        Arguments.of(
            "resnet8, no norm", new ResNetCifar(2, 3, 1, 3, Norm.NONE), List.of(2L, 6L, 6L), 1),
        Arguments.of("transformer, tied", new Transformer(tiny), List.of(4L), -1),
        Arguments.of("transformer", new Transformer(tiny.untied()), List.of(5L), -1));
  }

  private static Tensor inputs(List<Long> shape, int classAxis) {
    long[] sizes =
        Stream.concat(Stream.of((long) EXAMPLES), shape.stream()).mapToLong(s -> s).toArray();
    Tensor normal = Tensors.randn(5, Tensors.options(ScalarType.Double), sizes);
    // tokens 0 to 6 for a transformer
    Tensor tokens = normal.abs().mul(Tensors.scalar(3)).clamp_max(Tensors.scalar(6));
    return classAxis > 0 ? normal : tokens.to(ScalarType.Long);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void everyLayerIsCovered(String name, Module net, List<Long> shape, int classAxis) {
    assertThat(LayerCollection.of(net).size())
        .isEqualTo(net.namedParameters().values().stream().mapToLong(p -> p.size()).sum());
    try (Scope scope = Scope.open()) {
      net.to(ScalarType.Double).initialize(3);
      // a parameter that no rule covers makes this fail
      PMat diagonal =
          Fisher.of(net, Metric.categorical(classAxis))
              .on(Examples.of(inputs(shape, classAxis)))
              .as(Representation.DIAG);
      double[] elements = Tensors.toArray(diagonal.diagonal().tensor());
      assertThat(elements).doesNotContain(Double.NaN);
      assertThat(Arrays.stream(elements).max().orElse(0)).isPositive();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void productsKernelsAndTracesAreThoseOfTheJacobian(
      String name, Module net, List<Long> shape, int classAxis) {
    try (Scope scope = Scope.open()) {
      net.to(ScalarType.Double).initialize(3);
      Examples data = Examples.of(inputs(shape, classAxis)).batches(2);
      Jacobian jacobian = Jacobian.of(net, data);
      Tensor j = jacobian.dense().tensor(); // (c, n, d)
      assertRowsAreGradients(net, inputs(shape, classAxis), j);
      assertClose(
          TangentKernel.of(net).on(data).dense().matrix(),
          j.flatten(0, 1).matmul(j.flatten(0, 1).t()));

      LayerCollection layers = LayerCollection.of(net);
      PVector v = PVector.random(layers, 9);
      Fisher fisher = Fisher.of(net, Metric.categorical(classAxis)).on(data);
      PMat implicit = fisher.as(Representation.IMPLICIT);
      Tensor truth = product(net, inputs(shape, classAxis), classAxis, j, v.tensor());
      assertClose(implicit.mv(v).tensor(), truth);
      double trace = trace(net, inputs(shape, classAxis), classAxis, j);
      assertThat(implicit.trace()).isCloseTo(trace, within(1e-10 * trace));
      assertThat(fisher.as(Representation.DIAG).trace()).isCloseTo(trace, within(1e-10 * trace));
      if (layers.size() < 2_000) {
        assertClose(fisher.as(Representation.DENSE).mv(v).tensor(), truth);
      }
      PMat kfac = fisher.as(Representation.KFAC);
      PVector there = kfac.solve(v, Damping.tikhonov(0.1));
      assertClose(kfac.mv(there).plus(0.1, there).tensor(), v.tensor());
      assertThat(kfac.trace()).isPositive();
    }
  }

  /** Of the first example, and all its functions. */
  private static void assertRowsAreGradients(Module net, Tensor x, Tensor j) {
    List<Tensor> leaves = net.namedParameters().values().stream().map(p -> p.tensor()).toList();
    try (GradMode on = GradMode.enabled()) {
      Tensor y = net.forward(x.narrow(0, 0, 1)).reshape(-1);
      for (long k = 0; k < y.numel(); k++) {
        Tensor one = y.select(0, k);
        Tensor row =
            Tensors.cat(
                Tensors.gradients(one, torch.ones_like(one), leaves, true).stream()
                    .map(g -> g.reshape(-1))
                    .toList(),
                0);
        assertClose(j.select(0, k).select(0, 0), row);
      }
    }
  }

  /** 1/n sum over examples and positions of J^T (diag(p) - p p^T) J v. */
  private static Tensor product(Module net, Tensor x, int classAxis, Tensor j, Tensor v) {
    Tensor p = probabilities(net, x, classAxis);
    Tensor u = j.matmul(v).t().reshape(Tensors.shape(p)); // (n, positions, classes)
    Tensor pu = p.mul(u);
    Tensor m = pu.sub(p.mul(Tensors.sum(pu, true, 2)));
    Tensor back = m.reshape(EXAMPLES, -1).t().reshape(-1).unsqueeze(0).matmul(j.flatten(0, 1));
    return Tensors.times(back.squeeze(0), 1.0 / EXAMPLES);
  }

  private static double trace(Module net, Tensor x, int classAxis, Tensor j) {
    Tensor p = probabilities(net, x, classAxis);
    long classes = p.size(2);
    Tensor rows = j.transpose(0, 1).reshape(EXAMPLES, -1, classes, j.size(2));
    Tensor mean = rows.mul(p.unsqueeze(-1)).sum(2);
    Tensor squares = rows.mul(rows).sum(3).mul(p).sum();
    return (Tensors.item(squares) - Tensors.item(mean.mul(mean).sum())) / EXAMPLES;
  }

  /** (n, positions, classes). */
  private static Tensor probabilities(Module net, Tensor x, int classAxis) {
    try (GradMode none = GradMode.disabled()) {
      Tensor y = torch.softmax(net.forward(x), classAxis);
      return classAxis > 0 ? y.unsqueeze(1) : y;
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    double scale = Tensors.item(expected.detach().abs().max());
    assertThat(Tensors.item(actual.detach().sub(expected.detach()).abs().max()))
        .isLessThan(1e-10 * Math.max(scale, 1e-12));
  }
}
