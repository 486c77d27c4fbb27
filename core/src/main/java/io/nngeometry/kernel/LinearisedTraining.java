package io.nngeometry.kernel;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The linearised network f_0 + J (w - w_0) trained on the squared error (1/2) sum |f - y|^2, in
 * closed form (Lee et al. 2019, equations 8 to 11): with rate eta after time t
 *
 * <pre>f_t(x) = f_0(x) + K(x, X) K^-1 (1 - e^(-eta K t)) (y - f_0(X)).</pre>
 *
 * <p>Directions in which the kernel is zero do not move, so that a singular kernel needs no
 * damping. For a mean over n examples in place of the sum, divide eta by n.
 */
public final class LinearisedTraining implements AutoCloseable {
  private final FMatDense kernel;
  private final FVector initial;
  private final FVector residual;

  private LinearisedTraining(FMatDense kernel, FVector initial, FVector residual) {
    this.kernel = kernel;
    this.initial = initial;
    this.residual = residual;
  }

  /**
   * The training on these examples.
   *
   * @param kernel of all outputs of the network on them, (c, n, c, n)
   * @param initial the network's outputs f_0, (c, n)
   * @param targets y, (c, n)
   */
  public static LinearisedTraining of(FMat kernel, FVector initial, FVector targets) {
    if (initial.outputs() != kernel.outputs()) {
      throw new IllegalArgumentException(
          "outputs of shape (%d, %d) do not fit a kernel of %d outputs"
              .formatted(initial.outputs(), initial.examples(), kernel.outputs()));
    }
    Kernels.requireTargets(kernel, initial);
    Kernels.requireTargets(kernel, targets);
    return new LinearisedTraining(kernel.dense(), initial.copy(), targets.minus(initial).copy());
  }

  /**
   * State after gradient flow for a time.
   *
   * @param time eta t, at least zero; infinity gives the end of the training
   */
  public State at(double time) {
    if (!(time >= 0)) {
      throw new IllegalArgumentException("a time must be at least zero, got " + time);
    }
    return new State(
        values -> {
          if (time == 0) {
            return torch.zeros_like(values);
          }
          Tensor moved =
              Double.isInfinite(time)
                  ? torch.ones_like(values)
                  : values.mul(Tensors.scalar(-time)).expm1().neg();
          // where the kernel vanishes, so does K times this; at a finite time its limit is t
          Tensor limit =
              Double.isInfinite(time) ? torch.zeros_like(values) : constant(values, time);
          return divided(moved, values, limit);
        });
  }

  /**
   * State after steps of gradient descent.
   *
   * @param rate eta, of each step
   * @throws IllegalArgumentException if the rate is not below 2 / |K|, where descent diverges
   */
  public State afterSteps(long steps, double rate) {
    if (steps < 0) {
      throw new IllegalArgumentException("steps must be at least zero, got " + steps);
    }
    double greatest = kernel.spectralNorm();
    if (!(rate > 0 && rate * greatest < 2)) {
      throw new IllegalArgumentException(
          "gradient descent diverges at rate %s: it must be positive and below %s"
              .formatted(rate, 2 / greatest));
    }
    return new State(
        values -> {
          Tensor kept = values.mul(Tensors.scalar(-rate)).add(Tensors.scalar(1));
          Tensor moved = kept.pow(Tensors.scalar(steps)).neg().add(Tensors.scalar(1));
          return divided(moved, values, constant(values, rate * steps));
        });
  }

  private static Tensor constant(Tensor like, double value) {
    return torch.zeros_like(like).add(Tensors.scalar(value));
  }

  /** moved / values, and {@code limit} where a value is zero but for rounding. */
  private static Tensor divided(Tensor moved, Tensor values, Tensor limit) {
    Tensor zero = values.abs().le(values.abs().max().mul(Tensors.scalar(Kernels.rounding(values))));
    Tensor safe = torch.where(zero, torch.ones_like(values), values);
    return torch.where(zero, limit, moved.div(safe));
  }

  /** The linearised network at one moment of its training. */
  public final class State {
    private final UnaryOperator<Tensor> coefficients;

    private State(UnaryOperator<Tensor> coefficients) {
      this.coefficients = coefficients;
    }

    /** a with f_t = f_0 + K a: parameters have moved by J^T a, (c, n). */
    public FVector coefficients() {
      return kernel.function(coefficients, residual);
    }

    /** Outputs on the training examples, (c, n). */
    public FVector outputs() {
      try (Scope scope = Scope.open()) {
        FVector moved = initial.plus(kernel.mv(coefficients()));
        scope.keep(moved.tensor());
        return moved;
      }
    }

    /**
     * Outputs on other examples, (c, m).
     *
     * @param initially the network's outputs on them, f_0(x)
     * @param cross the kernel of those with the training examples
     */
    public FVector outputs(FVector initially, CrossFMat cross) {
      try (Scope scope = Scope.open()) {
        FVector moved = initially.plus(cross.mv(coefficients()));
        scope.keep(moved.tensor());
        return moved;
      }
    }

    /** (1/2) sum |f - y|^2 on the training examples. */
    public double loss() {
      try (Scope scope = Scope.open()) {
        double left = residual.minus(kernel.mv(coefficients())).norm();
        return left * left / 2;
      }
    }
  }

  @Override
  public void close() {
    kernel.close();
    initial.close();
    residual.close();
  }
}
