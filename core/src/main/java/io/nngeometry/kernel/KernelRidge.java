package io.nngeometry.kernel;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.FVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Kernel ridge regression: f(x) = K(x, X) alpha with alpha = (K + lambda I)^-1 y, the minimum of |y
 * - K alpha|^2 + lambda alpha^T K alpha.
 *
 * <p>A kernel of one output takes any number of targets an example, each a regression of its own
 * with that kernel; a kernel of c outputs takes c, regressed together.
 */
public final class KernelRidge implements AutoCloseable {
  private final FMatDense kernel;
  private final FVector targets;
  private final double lambda;
  private final FVector alpha;

  private KernelRidge(FMatDense kernel, FVector targets, double lambda) {
    this.kernel = kernel;
    this.targets = targets;
    this.lambda = lambda;
    this.alpha = FVector.of(Scope.keeping(() -> solve(targets.tensor())));
  }

  /**
   * Fits.
   *
   * @param targets (c, n); for classes, {@link #oneHot}
   * @param lambda not divided by n, as the kernel is not
   * @throws SingularBlockException if the kernel with that damping is not positive definite
   */
  public static KernelRidge fit(FMat kernel, FVector targets, double lambda) {
    Kernels.requireTargets(kernel, targets);
    Damping.tikhonov(lambda); // checks it
    return new KernelRidge(kernel.dense(), targets.copy(), lambda);
  }

  /** Targets for classes: 1 for an example's own and 0 else, (classes, n). */
  public static FVector oneHot(Tensor labels, long classes, Tensor like) {
    return FVector.of(
        Scope.keeping(
            () -> torch.one_hot(labels, classes).t().to(Tensors.type(like)).contiguous()));
  }

  private boolean shared() {
    return kernel.outputs() == 1;
  }

  private Tensor solve(Tensor values) {
    Tensor rows = shared() ? values : values.reshape(1, -1);
    return kernel.solve(rows, lambda).reshape(Tensors.shape(values));
  }

  /** alpha, (c, n). */
  public FVector coefficients() {
    return alpha;
  }

  /** The regression's values on its own examples, (c, n): y - lambda alpha. */
  public FVector fitted() {
    return targets.plus(-lambda, alpha);
  }

  /**
   * The regression's values on other examples, (c, m).
   *
   * @param cross the kernel of those with these
   */
  public FVector predict(CrossFMat cross) {
    if (!shared()) {
      return cross.mv(alpha);
    }
    if (cross.columns() != kernel.size() || cross.outputs() != 1) {
      throw new IllegalArgumentException(
          "a regression on %d examples with one output cannot take a kernel of %d against %d"
              .formatted(kernel.examples(), cross.outputs(), cross.columns()));
    }
    return FVector.of(cross.apply(alpha.tensor()));
  }

  /**
   * What each example would be predicted by a regression on all others, (c, n), in closed form: y_i
   * - (G_ii)^-1 alpha_i with G = (K + lambda I)^-1 and G_ii its block of the example's outputs
   * (Rifkin and Lippert 2007).
   */
  public FVector leaveOneOut() {
    return FVector.of(
        Scope.keeping(
            () -> {
              long c = kernel.outputs();
              long n = kernel.examples();
              Tensor inverse = kernel.inverse(lambda).view(c, n, c, n);
              Tensor own = inverse.diagonal(0, 1, 3).permute(2, 0, 1); // (n, c, c)
              Tensor residual =
                  shared()
                      ? alpha.tensor().div(own.view(1, n))
                      : torch
                          .linalg_solve(own.contiguous(), alpha.tensor().t().unsqueeze(2))
                          .squeeze(2)
                          .t();
              return targets.tensor().sub(residual);
            }));
  }

  /** The class with the greatest value of each example, (n): values (classes, n) read as scores. */
  public static Tensor classes(FVector values) {
    if (values.outputs() < 2) {
      throw new IllegalArgumentException(
          "a class needs two scores or more; of one score take the sign");
    }
    return Scope.keeping(
        () -> values.tensor().argmax(new org.bytedeco.pytorch.LongOptional(0), false));
  }

  /** The part of examples whose greatest value is their label's. */
  public static double accuracy(FVector values, Tensor labels) {
    if (labels.dim() != 1 || labels.size(0) != values.examples()) {
      throw new IllegalArgumentException(
          "an accuracy needs a label for each of %d examples".formatted(values.examples()));
    }
    try (Scope scope = Scope.open()) {
      return (double) classes(values).eq(labels).sum().item_long() / values.examples();
    }
  }

  @Override
  public void close() {
    kernel.close();
    targets.close();
    alpha.close();
  }
}
