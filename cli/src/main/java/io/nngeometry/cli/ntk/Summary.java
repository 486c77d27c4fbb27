package io.nngeometry.cli.ntk;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.kernel.Alignment;
import io.nngeometry.kernel.EffectiveRank;
import io.nngeometry.kernel.KernelRidge;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Numbers that say what a kernel over examples is like. */
public final class Summary {
  /** Beyond so many examples all eigenvalues take longer than the kernel. */
  private static final long MOST = 5_000;

  private Summary() {}

  /** The same kernel in float64. */
  public static FMatDense inDouble(FMatDense kernel) {
    return FMatDense.of(Scope.keeping(() -> kernel.tensor().to(ScalarType.Double).clone()));
  }

  /** The spectrum; absent of a kernel that is zero or of too many examples. */
  public static Optional<Ntk.Spectrum> spectrum(FMatDense kernel) {
    if (kernel.size() > MOST || !(kernel.frobeniusNorm() > 0)) {
      return Optional.empty();
    }
    try (Scope scope = Scope.open()) {
      double[] ascending = Tensors.toArray(kernel.eigenvalues());
      List<Double> values =
          Arrays.stream(ascending).boxed().sorted(java.util.Comparator.reverseOrder()).toList();
      return Optional.of(
          new Ntk.Spectrum(values, EffectiveRank.of(kernel), EffectiveRank.stable(kernel)));
    }
  }

  /**
   * How the kernel fits the labels.
   *
   * @param ridge the damping of the regression in mean eigenvalues of the kernel
   */
  public static Ntk.Labels labels(FMatDense kernel, Classes classes, double ridge) {
    try (Scope scope = Scope.open()) {
      Tensor labels = classes.tensor();
      double lambda = lambda(kernel, ridge);
      Optional<Ntk.Ridge> regression =
          lambda > 0
              ? Optional.of(
                  new Ntk.Ridge(
                      lambda,
                      "leave-one-out",
                      KernelRidge.accuracy(fit(kernel, classes, lambda).leaveOneOut(), labels)))
              : Optional.empty();
      return new Ntk.Labels(
          defined(() -> Alignment.withLabels(kernel, labels)),
          defined(() -> Alignment.centredWithLabels(kernel, labels)),
          regression);
    }
  }

  /**
   * How well a regression on other examples classifies these.
   *
   * @param cross the kernel of these with the others, over examples
   * @param others that of the others
   */
  public static Ntk.Ridge ridge(
      CrossFMat cross, FMatDense others, Classes of, Classes ofOthers, double ridge) {
    try (Scope scope = Scope.open()) {
      double lambda = lambda(others, ridge);
      FVector predicted = fit(others, ofOthers, lambda).predict(cross);
      return new Ntk.Ridge(lambda, "rows", KernelRidge.accuracy(predicted, of.tensor()));
    }
  }

  private static double lambda(FMat kernel, double ridge) {
    return ridge * kernel.trace() / kernel.examples();
  }

  private static KernelRidge fit(FMatDense kernel, Classes classes, double lambda) {
    long count = Math.max(2, classes.names().size());
    return KernelRidge.fit(
        kernel, KernelRidge.oneHot(classes.tensor(), count, kernel.tensor()), lambda);
  }

  /** A kernel that is zero, or that centring leaves nothing of, has no alignment. */
  private static Optional<Double> defined(Supplier<Double> alignment) {
    try {
      return Optional.of(alignment.get());
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }
}
