package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.FMatImplicit;
import io.nngeometry.vectors.FVector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tangent kernels of every golden net against brute force. */
class TangentKernelTest {
  private static final double TOLERANCE = 1e-10;

  static List<String> nets() {
    return Golden.names();
  }

  private static void assertClose(Tensor a, Tensor b, String what) {
    assertThat(Calculus.relativeError(a, b)).as(what).isLessThan(TOLERANCE);
  }

  private static Map<String, Outputs> selections(long c) {
    Map<String, Outputs> some = new LinkedHashMap<>();
    some.put("one", Outputs.one(c - 1));
    some.put("sum", Outputs.sum());
    if (c > 1) {
      some.put("difference", Outputs.difference(0, c - 1));
    }
    some.put("head", Outputs.head(Tensors.randn(3, Tensors.options(like()), 2, c)));
    return some;
  }

  private static Tensor like() {
    return Tensors.of(new double[] {0}, 1);
  }

  /** H K H^T for a head on both sides. */
  private static Tensor combined(Tensor k, Tensor head) {
    Tensor rows = head.matmul(k.flatten(1, 3)).view(head.size(0), k.size(1), k.size(2), k.size(3));
    return head.matmul(rows.permute(2, 0, 1, 3).flatten(1, 3))
        .view(head.size(0), head.size(0), k.size(1), k.size(3))
        .permute(1, 2, 0, 3);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void denseKernelsAreTheTruthInBatchesOfAnySize(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      for (long batch : new long[] {1, 3, 100}) {
        TangentKernel kernel = TangentKernel.of(net).on(golden.examples().batches(batch));
        String what = "batches of " + batch;
        assertClose(kernel.dense().tensor(), golden.expected("truth.gram"), what);
        assertClose(
            kernel.centred().dense().tensor(), golden.expected("truth.centered.gram"), what);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void layersAddUpAndEachIsItsOwnJacobians(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      TangentKernel kernel = TangentKernel.of(net).on(golden.examples());
      LayerCollection all = LayerCollection.of(net);
      Map<String, FMatDense> parts = kernel.byLayer();
      assertThat(parts.keySet())
          .containsExactlyElementsOf(all.layers().stream().map(Layer::id).toList());
      Tensor sum = torchZerosLike(golden.expected("truth.gram"));
      for (Layer layer : all.layers()) {
        Tensor mine = parts.get(layer.id()).tensor();
        sum.add_(mine);
        LayerCollection only = all.only(layer.id());
        FMatDense truth = FMatDense.of(Jacobian.of(net, only, golden.examples()).dense());
        assertClose(mine, truth.tensor(), layer.id());
        assertClose(kernel.layers(only).dense().tensor(), truth.tensor(), layer.id() + " alone");
      }
      assertClose(sum, golden.expected("truth.gram"), "sum");
    }
  }

  private static Tensor torchZerosLike(Tensor t) {
    return Tensors.zeros(t, Tensors.shape(t));
  }

  @ParameterizedTest
  @MethodSource("nets")
  void selectionsOfOutputsAreALinearHeadOnTheTruth(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      Tensor truth = golden.expected("truth.gram");
      TangentKernel kernel = TangentKernel.of(net).on(golden.examples());
      selections(golden.outputs())
          .forEach(
              (what, outputs) -> {
                Tensor head = outputs.matrix(golden.outputs(), truth);
                Tensor expected = combined(truth, head);
                TangentKernel mine = kernel.outputs(outputs);
                assertClose(mine.dense().tensor(), expected, what);
                assertSame(mine.implicit(), FMatDense.of(expected.contiguous()), what);
                FMatDense centred = FMatDense.of(expected.contiguous()).centred();
                assertSame(mine.centred().implicit(), centred, what + ", centred");
                assertClose(mine.centred().dense().tensor(), centred.tensor(), what + ", centred");
              });
    }
  }

  private static void assertSame(FMatImplicit k, FMatDense truth, String what) {
    FVector u =
        FVector.random(truth.outputs(), truth.examples(), 4, Tensors.options(truth.tensor()));
    assertClose(k.mv(u).tensor(), truth.mv(u).tensor(), what + ": product");
    assertClose(k.diagonal().tensor(), truth.diagonal().tensor(), what + ": diagonal");
    assertClose(k.toDense(), truth.tensor(), what + ": elements");
    assertThat(Math.abs(k.trace() / truth.trace() - 1)).as(what).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void kernelsBetweenSetsAreBlocksOfTheSquareOne(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      Tensor truth = golden.expected("truth.gram");
      long n = golden.size();
      Tensor x = golden.input("x");
      Examples test = Examples.of(x.narrow(0, 0, 2));
      Examples train = Examples.of(x.narrow(0, 2, n - 2)).batches(2);
      TangentKernel kernel = TangentKernel.of(net).on(test);
      Tensor block = truth.narrow(1, 0, 2).narrow(3, 2, n - 2);
      CrossFMat stored = kernel.against(train).dense();
      assertClose(stored.toDense(), block, "stored");
      // (J - m) (J' - m)^T, with the mean of the second set
      Tensor mean = mean(truth.narrow(3, 2, n - 2), 3);
      Tensor centre = mean(mean.narrow(1, 2, n - 2), 1);
      Tensor centred =
          block
              .sub(mean.narrow(1, 0, 2))
              .sub(mean(truth.narrow(1, 2, n - 2), 1).narrow(3, 2, n - 2))
              .add(centre);
      CrossFMat off = kernel.centred().against(train).dense();
      assertClose(off.toDense(), centred, "centred");
      for (boolean c : new boolean[] {false, true}) {
        CrossFMat implicit = (c ? kernel.centred() : kernel).against(train).implicit();
        Tensor elements = (c ? centred : block).reshape(stored.rows(), stored.columns());
        Tensor u = Tensors.randn(1, Tensors.options(truth), 2, stored.columns());
        Tensor w = Tensors.randn(2, Tensors.options(truth), 2, stored.rows());
        assertClose(implicit.apply(u), u.matmul(elements.t()), "implicit");
        assertClose(implicit.applyTransposed(w), w.matmul(elements), "implicit, transposed");
        assertClose((c ? off : stored).apply(u), u.matmul(elements.t()), "stored");
        assertClose((c ? off : stored).applyTransposed(w), w.matmul(elements), "stored");
        assertClose(implicit.toDense(), c ? centred : block, "elements");
      }
    }
  }

  private static Tensor mean(Tensor t, long axis) {
    return Tensors.sum(t, true, axis).div(Tensors.scalar((double) t.size(axis)));
  }

  @ParameterizedTest
  @MethodSource("nets")
  void aSmallBudgetGivesTheSameKernel(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Tensor truth = golden.expected("truth.gram");
      TangentKernel kernel = TangentKernel.of(golden.net()).on(golden.examples());
      long needed = smallest(kernel);
      assertClose(
          kernel.memoryBudget(new MemoryBudget(needed)).dense().tensor(), truth, "least budget");
      assertThatThrownBy(() -> kernel.memoryBudget(new MemoryBudget(needed - 1)).dense())
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessageContaining("implicit()");
    }
  }

  /** The least budget that is not refused, by bisection. */
  private static long smallest(TangentKernel kernel) {
    long refused = 0;
    long granted = 1L << 30;
    while (granted - refused > 1) {
      long middle = (refused + granted) / 2;
      try {
        kernel.memoryBudget(new MemoryBudget(middle)).dense().close();
        granted = middle;
      } catch (MemoryBudgetException e) {
        refused = middle;
      }
    }
    return granted;
  }

  @Test
  void theAlgebraIsThatOfTheElements() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      TangentKernel kernel = TangentKernel.of(golden.net()).on(golden.examples());
      FMatDense k = kernel.dense();
      FMatDense other = kernel.layers(LayerCollection.of(golden.net()).only("fc1")).dense();
      FMatImplicit implicit = kernel.implicit();
      Tensor m = k.matrix();
      FVector u = FVector.random(k.outputs(), k.examples(), 7, Tensors.options(m));
      assertClose(k.plus(other).toDense(), k.tensor().add(other.tensor()), "sum");
      assertClose(k.minus(other).toDense(), k.tensor().sub(other.tensor()), "difference");
      assertClose(implicit.minus(other).toDense(), k.tensor().sub(other.tensor()), "mixed");
      FMat both = implicit.minus(implicit.times(0.25));
      assertClose(both.mv(u).tensor(), k.times(0.75).mv(u).tensor(), "implicit both");
      assertThat(both.trace()).isCloseTo(0.75 * k.trace(), offset(k.trace()));
      FVector solved = k.solve(u, Damping.tikhonov(0.1));
      assertClose(k.mv(solved).plus(0.1, solved).tensor(), u.tensor(), "solve");
      FVector iterated = implicit.solve(u, Damping.tikhonov(0.1));
      assertThat(Calculus.relativeError(iterated.tensor(), solved.tensor())).isLessThan(1e-7);
      Tensor values = k.eigenvalues();
      assertThat(implicit.spectralNorm()).isCloseTo(k.spectralNorm(), offset(k.spectralNorm()));
      assertThat(Tensors.item(values.norm()))
          .isCloseTo(k.frobeniusNorm(), offset(k.frobeniusNorm()));
      assertThat(implicit.frobeniusNorm()).isCloseTo(k.frobeniusNorm(), offset(k.frobeniusNorm()));
      assertThat(Tensors.item(values.sum())).isCloseTo(k.trace(), offset(k.trace()));
      assertThat(k.logDeterminant(0.1))
          .isCloseTo(Tensors.item(values.add(Tensors.scalar(0.1)).log().sum()), offset(100));
      Tensor top = k.topEigen(2).vectors();
      assertClose(k.apply(top), top.mul(k.topEigen(2).values().unsqueeze(1)), "eigenvectors");
      assertClose(implicit.topEigen(2).values(), k.topEigen(2).values(), "Lanczos");
      assertClose(
          k.function(v -> v.square(), u).tensor(), k.mv(k.mv(u)).tensor(), "square of a kernel");
      assertThatThrownBy(() -> implicit.eigenvalues()).hasMessageContaining("dense()");
      FVector wrong = FVector.random(k.outputs(), k.examples() + 1, 0, Tensors.options(m));
      assertThatThrownBy(() -> k.mv(wrong)).hasMessageContaining("does not fit a kernel");
      k.close();
      assertThatThrownBy(k::trace).isInstanceOf(IllegalStateException.class);
    }
  }

  private static org.assertj.core.data.Offset<Double> offset(double scale) {
    return org.assertj.core.data.Offset.offset(1e-9 * scale);
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      TangentKernel kernel = TangentKernel.of(golden.net());
      assertThatThrownBy(kernel::dense).hasMessageContaining("on(examples)");
      TangentKernel on = kernel.on(golden.examples());
      long c = golden.outputs();
      assertThatThrownBy(() -> on.outputs(Outputs.one(c)).dense())
          .hasMessageContaining("there is no output " + c);
      assertThatThrownBy(() -> on.outputs(Outputs.difference(-1, 0)).dense())
          .hasMessageContaining("there is no output -1");
      Tensor wide = Tensors.zeros(like(), 1, c + 1);
      assertThatThrownBy(() -> on.outputs(Outputs.head(wide)).dense())
          .hasMessageContaining("does not fit a model of " + c);
      assertThatThrownBy(() -> Outputs.head(like())).hasMessageContaining("(r, c)");
      assertThatThrownBy(() -> FMatDense.of(like())).hasMessageContaining("(c, n, c, n)");
      assertThatThrownBy(() -> CrossFMat.of(like())).hasMessageContaining("(c, n, c', n')");
      Tensor x = golden.input("x").clone();
      x.view(-1).narrow(0, 0, 1).fill_(Tensors.scalar(Double.NaN));
      assertThatThrownBy(() -> kernel.on(Examples.of(x)).dense()).hasMessageContaining("NaN");
      assertThatThrownBy(() -> on.against(Examples.of(x)).dense()).hasMessageContaining("NaN");
    }
  }
}
