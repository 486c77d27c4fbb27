package io.nngeometry.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import io.nngeometry.nn.Module;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Per-example gradients by plain autograd, one example at a time, against those of the rules. The
 * scalar differentiated is the inner product of tanh(output) with a random cotangent.
 */
public final class PerExampleOracle {
  private static final double TOLERANCE = 1e-10;

  private PerExampleOracle() {}

  /** Makes {@code net} float64 with random parameters and buffers, none of them special. */
  public static <M extends Module> M randomised(M net, long seed) {
    net.to(ScalarType.Double);
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      long k = seed;
      for (Map.Entry<String, Tensor> entry : net.state().entrySet()) {
        Tensor t = entry.getValue();
        if (t.is_floating_point()) {
          t.copy_(randn(k++, Tensors.shape(t)));
          if (entry.getKey().endsWith("running_var")) {
            t.abs_().add_(Tensors.scalar(0.1));
          }
        }
      }
    }
    return net;
  }

  /** Standard normal float64 numbers. */
  public static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  /** Checks every layer of {@code net} at {@code x}, (n, ...), and returns the gradients' kinds. */
  public static List<Class<?>> check(Module net, Tensor x) {
    return check(net, LayerCollection.of(net), x);
  }

  /** Checks the layers of {@code collection}. */
  public static List<Class<?>> check(Module net, LayerCollection collection, Tensor x) {
    try (Scope scope = Scope.open()) {
      Tensor cotangent = cotangent(net, x);
      List<LayerGradients> gradients = byRules(net, collection, x, cotangent);
      Tensor expected = byAutograd(net, collection, x, cotangent);
      Tensor actual = explicit(gradients);
      assertThat(Tensors.shape(actual)).isEqualTo(new long[] {x.size(0), collection.size()});
      assertClose(actual, expected, "per-example gradients of " + collection.layers());
      for (LayerGradients g : gradients) {
        checkQuantities(g);
      }
      checkGramAcross(net, collection, x, cotangent, gradients);
      return new ArrayList<>(gradients.stream().map(Object::getClass).toList());
    }
  }

  /** A random cotangent for the outputs at {@code x}. */
  public static Tensor cotangent(Module net, Tensor x) {
    Tensor output = net.forward(x);
    return randn(99, Tensors.shape(output));
  }

  /** What the rules say, layer by layer. */
  public static List<LayerGradients> byRules(
      Module net, LayerCollection collection, Tensor x, Tensor cotangent) {
    try (Recording pass = Recording.begin(collection, false)) {
      return gradients(net.forward(x), pass, collection, cotangent);
    }
  }

  /** The gradients that a recorded pass with this output gives. */
  public static List<LayerGradients> gradients(
      Tensor output, Recording pass, LayerCollection collection, Tensor cotangent) {
    pass.checkUnmodified();
    List<LayerUse> uses = pass.uses();
    List<Tensor> signals =
        Tensors.gradients(
            torch.tanh(output), cotangent, uses.stream().map(LayerUse::output).toList(), false);
    Map<LayerUse, Tensor> byUse = new IdentityHashMap<>();
    for (int k = 0; k < uses.size(); k++) {
      byUse.put(uses.get(k), signals.get(k));
    }
    return LayerInputs.of(collection, pass).stream()
        .map(in -> checkedMoment(in, checkedStack(in, byUse)))
        .toList();
  }

  /** The matrix (n, d) by a loop over the examples. */
  public static Tensor byAutograd(
      Module net, LayerCollection collection, Tensor x, Tensor cotangent) {
    List<Tensor> leaves = collection.slots().stream().map(s -> s.parameter().tensor()).toList();
    List<Tensor> rows = new ArrayList<>();
    for (long i = 0; i < x.size(0); i++) {
      Tensor output = torch.tanh(net.forward(x.narrow(0, i, 1)));
      List<Tensor> grads = Tensors.gradients(output, cotangent.narrow(0, i, 1), leaves, false);
      rows.add(Tensors.cat(grads.stream().map(g -> g.reshape(-1)).toList(), 0));
    }
    return Tensors.stack(rows, 0);
  }

  /** The matrix (n, d) of all layers. */
  public static Tensor explicit(List<LayerGradients> gradients) {
    return Tensors.cat(gradients.stream().map(LayerGradients::perExample).toList(), 1);
  }

  /** Every shortcut of a layer's gradients against the matrix itself. */
  private static void checkQuantities(LayerGradients g) {
    Tensor p = g.perExample();
    Tensor v = randn(5, p.size(1));
    Tensor u = randn(6, p.size(0));
    assertClose(g.squareSum(), p.mul(p).sum(0), "squareSum");
    assertClose(g.squaredNorms(), p.mul(p).sum(1), "squaredNorms");
    assertClose(g.dot(v), p.mv(v), "dot");
    assertClose(g.weightedSum(u), p.t().mv(u), "weightedSum");
    assertClose(g.gram(g), torch.matmul(p, p.t()), "gram");
    assertClose(g.sum(), p.sum(0), "sum");
    if (g instanceof OuterGradients outer) {
      MatrixLayout layout = outer.layout();
      assertClose(layout.toFlat(layout.toMatrix(p)), p, "toFlat(toMatrix)");
      checkRotation(outer, p);
    }
  }

  private static void checkRotation(OuterGradients outer, Tensor p) {
    MatrixLayout layout = outer.layout();
    Tensor rows = randn(7, layout.groups(), layout.rows(), layout.rows());
    Tensor columns = randn(8, layout.groups(), layout.width(), layout.width());
    Tensor rotated = torch.matmul(torch.matmul(rows.transpose(1, 2), layout.toMatrix(p)), columns);
    assertClose(
        outer.squareSumMatrix(outer.layout(), rows, columns),
        rotated.mul(rotated).sum(0),
        "rotated squares");
    if (outer instanceof LookupGradients) {
      Tensor axes = torch.ones(new long[] {1, layout.rows()}, Tensors.options(p));
      Tensor onlyColumns = torch.matmul(layout.toMatrix(p), columns);
      assertClose(
          outer.squareSumMatrix(outer.layout(), axes, columns),
          onlyColumns.square().sum(0),
          "rotated columns");
    }
    Tensor g = layout.toMatrix(p);
    Tensor t = g.transpose(-1, -2);
    assertClose(outer.rowMoment(), torch.matmul(g, t).sum(0), "row moment");
    assertClose(outer.columnMoment(), torch.matmul(t, g).sum(0), "column moment");
  }

  /** Sums over several cotangents at once, against the matrices of each. */
  private static LayerGradients checkedStack(LayerInputs in, Map<LayerUse, Tensor> signals) {
    LayerGradients first = in.gradients(signals::get);
    StackedGradients stack =
        new StackedGradients(
            List.of(
                first,
                in.gradients(use -> signals.get(use).square().sub(signals.get(use).mean())),
                in.gradients(use -> signals.get(use).neg())));
    List<Tensor> matrices = stack.each().stream().map(LayerGradients::perExample).toList();
    Tensor p = Tensors.cat(matrices, 0);
    assertClose(
        Total.of(t -> stack.squares(Optional.empty(), t)), p.square().sum(0), "squares of a stack");
    in.layer()
        .rows()
        .ifPresent(
            rows -> {
              Tensor g = rows.toMatrix(p);
              Tensor bias = g.narrow(-1, rows.columns(), 1);
              assertClose(
                  Total.of(t -> stack.biasCovariance(rows, t)),
                  g.narrow(-1, 0, rows.columns()).mul(bias).sum(0),
                  "covariance of a stack with its biases");
            });
    if (first instanceof OuterGradients outer) {
      MatrixLayout m = outer.layout();
      Tensor rows = randn(7, m.groups(), m.rows(), m.rows());
      Tensor columns = randn(8, m.groups(), m.width(), m.width());
      Tensor rotated = torch.matmul(torch.matmul(rows.transpose(1, 2), m.toMatrix(p)), columns);
      assertClose(
          Total.of(t -> stack.squares(m, rows, columns, t)),
          rotated.square().sum(0),
          "rotated stack");
      StackedGradients made = StackedGradients.of(stack.perExample(m.size()));
      assertClose(
          Total.of(t -> made.squares(m, rows, columns, t)),
          rotated.square().sum(0),
          "rotated gradients");
      assertClose(
          Total.of(t -> stack.squares(Optional.of(m), t)),
          m.toMatrix(p).square().sum(0),
          "squares of a stack as matrices");
    }
    return first;
  }

  /** The input moment is the input factor's, and both are consistent with the gradients. */
  private static LayerGradients checkedMoment(LayerInputs in, LayerGradients g) {
    if (g instanceof OuterGradients outer && in.layer().inputs() != InputSide.BOTH) {
      Tensor a = in.inputFactor();
      Tensor expected = torch.matmul(a.transpose(-1, -2), a).sum(0);
      Tensor moment = Total.of(in::inputMoment);
      assertClose(moment.dim() == 2 ? torch.diag_embed(moment) : moment, expected, "input moment");
      Tensor mean = Tensors.sum(a, false, 2).div(Tensors.scalar(a.size(2)));
      assertClose(
          Total.of(in::reducedInputMoment),
          torch.bmm(mean.permute(1, 2, 0), mean.transpose(0, 1)),
          "reduced input moment");
      Tensor s = outer.signal();
      assertClose(
          Total.of(t -> outer.signalMoment(2, t)),
          torch.matmul(s.transpose(-1, -2), s).sum(0).mul(Tensors.scalar(2)),
          "signal moment");
      assertThat(outer.positions()).isEqualTo(a.size(2));
      assertThat(in.positions()).isEqualTo(a.size(2));
      checkRoots(in, a, s, expected);
    }
    return g;
  }

  /** Where moments are kept as roots they are those of the same. */
  private static void checkRoots(LayerInputs in, Tensor a, Tensor s, Tensor expected) {
    if (in.layer().inputs() != InputSide.COLUMNS) {
      return;
    }
    try (Total inputs = new Total();
        Total signals = new Total()) {
      inputs.expect(1);
      signals.expect(1);
      in.inputMoment(inputs);
      OuterGradients.moment(s, 2, signals);
      assertThat(inputs.root().isPresent()).isEqualTo(a.size(3) > 1);
      assertThat(signals.root().isPresent()).isEqualTo(s.size(3) > 1);
      inputs.root().ifPresent(r -> assertClose(square(r), expected, "root of inputs"));
      signals
          .root()
          .ifPresent(
              r ->
                  assertClose(
                      square(r),
                      torch.matmul(s.transpose(-1, -2), s).sum(0).mul(Tensors.scalar(2)),
                      "root of signals"));
      assertClose(inputs.value(), expected, "inputs whole");
    }
  }

  private static Tensor square(Tensor root) {
    return torch.bmm(root, root.transpose(1, 2));
  }

  /** Gram between these examples and the first two of them. */
  private static void checkGramAcross(
      Module net,
      LayerCollection collection,
      Tensor x,
      Tensor cotangent,
      List<LayerGradients> all) {
    long few = Math.min(2, x.size(0));
    List<LayerGradients> part =
        byRules(net, collection, x.narrow(0, 0, few), cotangent.narrow(0, 0, few));
    for (int k = 0; k < all.size(); k++) {
      Tensor p = all.get(k).perExample();
      assertClose(
          all.get(k).gram(part.get(k)), torch.matmul(p, p.narrow(0, 0, few).t()), "gram across");
    }
  }

  /** Relative error in norm, absolute where the expected value is zero. */
  public static void assertClose(Tensor actual, Tensor expected, String what) {
    assertThat(Tensors.shape(actual)).as(what).isEqualTo(Tensors.shape(expected));
    double scale = Tensors.item(expected.norm());
    double error = Tensors.item(actual.sub(expected).norm());
    assertThat(error / (scale > 0 ? scale : 1)).as(what).isLessThan(TOLERANCE);
  }
}
