package io.nngeometry.nn;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.Arrays;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A distribution of initial weights, for {@link Module#initialize(long, Initializer)}. A weight is
 * seen as a map of fan-in numbers to fan-out numbers: a matrix (out, in), or the kernel of a
 * convolution (out, in, ...), whose fans count every position of the kernel.
 *
 * <pre>{@code
 * net.initialize(1, Initializer.heNormal());
 * net.initialize(1, Initializer.normal(0.02));
 * }</pre>
 */
@FunctionalInterface
public interface Initializer {
  /** Draws {@code weight} anew; the same seed gives the same weight. */
  void draw(Parameter weight, long seed);

  /** Normal with mean zero. */
  static Initializer normal(double standardDeviation) {
    if (!(standardDeviation >= 0)) {
      throw new IllegalArgumentException(
          "a standard deviation is at least 0, got " + standardDeviation);
    }
    return (w, seed) -> Init.normal(w, standardDeviation, seed);
  }

  /** Normal with variance 2 / fan-in, for rectifiers (He et al. 2015, equation 10). */
  static Initializer heNormal() {
    return (w, seed) -> Init.normal(w, Math.sqrt(2 / fanIn(w)), seed);
  }

  /** Normal with variance 2 / fan-out, which keeps gradients (He et al. 2015, equation 14). */
  static Initializer heNormalFanOut() {
    return (w, seed) -> Init.normal(w, Math.sqrt(2 / fanOut(w)), seed);
  }

  /** Uniform with variance 2 / fan-in (He et al. 2015). */
  static Initializer heUniform() {
    return (w, seed) -> Init.uniform(w, Math.sqrt(6 / fanIn(w)), seed);
  }

  /** Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010, equation 12). */
  static Initializer glorotNormal() {
    return (w, seed) -> Init.normal(w, Math.sqrt(2 / (fanIn(w) + fanOut(w))), seed);
  }

  /** Uniform with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010, equation 16). */
  static Initializer glorotUniform() {
    return (w, seed) -> Init.uniform(w, Math.sqrt(6 / (fanIn(w) + fanOut(w))), seed);
  }

  /** Normal with variance 1 / fan-in (LeCun et al. 1998, section 4.6). */
  static Initializer leCunNormal() {
    return (w, seed) -> Init.normal(w, Math.sqrt(1 / fanIn(w)), seed);
  }

  /**
   * Uniform among the matrices (fan-out, fan-in) with orthonormal rows, or columns if there are
   * more rows, times {@code gain} (Saxe et al. 2014).
   */
  static Initializer orthogonal(double gain) {
    return (w, seed) -> {
      long[] shape = w.shape();
      try (Scope scope = Scope.open();
          GradMode none = GradMode.disabled()) {
        long rows = shape[0];
        long columns = w.size() / rows;
        Tensor normal =
            Tensors.randn(
                seed,
                Tensors.options(ScalarType.Double),
                Math.max(rows, columns),
                Math.min(rows, columns));
        T_TensorTensor_T qr = torch.linalg_qr(normal);
        Tensor q = new Tensor(qr.get0());
        // a positive diagonal makes the factor unique, and so uniform (Mezzadri 2007)
        q = q.mul(new Tensor(qr.get1()).diagonal().sign());
        Tensor matrix = rows < columns ? q.t() : q;
        w.tensor().copy_(Tensors.times(matrix, gain).reshape(shape));
      }
    };
  }

  /** Numbers that one output depends on. */
  private static double fanIn(Parameter w) {
    return (double) w.size() / atLeastAMatrix(w)[0];
  }

  /** Numbers that one input has a part in. */
  private static double fanOut(Parameter w) {
    return (double) w.size() / atLeastAMatrix(w)[1];
  }

  private static long[] atLeastAMatrix(Parameter w) {
    long[] shape = w.shape();
    if (shape.length < 2) {
      throw new IllegalArgumentException(
          "a weight of shape %s has no fans".formatted(Arrays.toString(shape)));
    }
    return shape;
  }
}
