package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Which functions of a model's c outputs a kernel is of: r linear combinations of them. A model's
 * output axes after the first are taken as one.
 */
@FunctionalInterface
public interface Outputs {
  /**
   * The combinations as rows, (r, c).
   *
   * @param c number of outputs
   * @param like of the type and device that the result must have
   * @throws IllegalArgumentException if the model has too few outputs
   */
  Tensor matrix(long c, Tensor like);

  /** Every output by itself. */
  static Outputs all() {
    return (c, like) -> Tensors.eye(like, c);
  }

  /** Output k alone, from 0. */
  static Outputs one(long k) {
    return (c, like) -> unit(k, c, like);
  }

  /** The sum of all outputs. */
  static Outputs sum() {
    return (c, like) -> torch.ones(new long[] {1, c}, Tensors.options(like));
  }

  /** Output {@code second} minus output {@code first}: what tells two classes apart. */
  static Outputs difference(long first, long second) {
    return (c, like) -> unit(second, c, like).sub(unit(first, c, like));
  }

  /** Any linear combinations, the rows of {@code head}, (r, c). */
  static Outputs head(Tensor head) {
    if (head.dim() != 2 || head.size(0) == 0 || !Tensors.isFinite(head)) {
      throw new IllegalArgumentException(
          "a linear head needs shape (r, c) and finite numbers, got "
              + Arrays.toString(Tensors.shape(head)));
    }
    Tensor own = Scope.detach(Scope.keeping(() -> head.detach().clone()));
    return (c, like) -> {
      if (own.size(1) != c) {
        throw new IllegalArgumentException(
            "a linear head of shape %s does not fit a model of %d outputs"
                .formatted(Arrays.toString(Tensors.shape(own)), c));
      }
      return own.to(Tensors.type(like));
    };
  }

  private static Tensor unit(long k, long c, Tensor like) {
    if (k < 0 || k >= c) {
      throw new IllegalArgumentException(
          "there is no output %d: the model has %d, counted from 0".formatted(k, c));
    }
    return Tensors.eye(like, c).narrow(0, k, 1);
  }
}
