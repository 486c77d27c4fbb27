package io.nngeometry.operators;

import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Some or all orthonormal vectors over one side of a linear map's matrices, U per group. They are
 * stored as columns, (groups, p, r), or, where they are axes, by the signs of these, (groups, p):
 * those of a vocabulary, whose p x p numbers nobody could store.
 */
sealed interface OrthonormalVectors {
  /** What {@code stored} is, by its shape. */
  static OrthonormalVectors of(Tensor stored) {
    return switch ((int) stored.dim()) {
      case 2 -> new Axes(stored);
      case 3 -> new Columns(stored);
      default ->
          throw new IllegalArgumentException(
              "vectors have shape (groups, p, r) or (groups, p), not one of %d axes"
                  .formatted(stored.dim()));
    };
  }

  /** What is stored. */
  Tensor stored();

  /** How many there are, r. */
  default long count() {
    return stored().size(-1);
  }

  /** Whether they span everything. */
  default boolean complete() {
    return count() == stored().size(1);
  }

  /** U^T X for X of shape (..., groups, p, q). */
  Tensor toLeft(Tensor x);

  /** U C for C of shape (..., groups, r, q). */
  Tensor fromLeft(Tensor c);

  /** X U for X of shape (..., groups, q, p). */
  Tensor toRight(Tensor x);

  /** C U^T for C of shape (..., groups, q, r). */
  Tensor fromRight(Tensor c);

  /** With vectors that are orthogonal to these behind them, as many as there can be. */
  OrthonormalVectors completed();

  /** U diag(values) U^T. */
  KroneckerFactor withEigenvalues(Tensor values);

  /** (U o U) C (V o V)^T for C of shape (groups, r, q): the diagonal of what C is of U and V. */
  static Tensor diagonal(OrthonormalVectors u, Tensor c, OrthonormalVectors v) {
    return of(v.stored().square()).fromRight(of(u.stored().square()).fromLeft(c));
  }

  /** Whether the elements are the same, and stored alike. */
  default boolean sameAs(OrthonormalVectors other) {
    return Arrays.equals(Tensors.shape(stored()), Tensors.shape(other.stored()))
        && stored().equal(other.stored());
  }

  /** Columns of a matrix. */
  record Columns(Tensor stored) implements OrthonormalVectors {
    private Tensor transposed() {
      return stored.transpose(1, 2);
    }

    @Override
    public Tensor toLeft(Tensor x) {
      return transposed().matmul(x);
    }

    @Override
    public Tensor fromLeft(Tensor c) {
      return stored.matmul(c);
    }

    @Override
    public Tensor toRight(Tensor x) {
      return x.matmul(stored);
    }

    @Override
    public Tensor fromRight(Tensor c) {
      return c.matmul(transposed());
    }

    @Override
    public OrthonormalVectors completed() {
      if (complete()) {
        return this;
      }
      Tensor all = new Tensor(torch.linalg_qr(stored, "complete").get0());
      Tensor others = all.narrow(2, count(), stored.size(1) - count());
      return new Columns(Tensors.cat(List.of(stored, others), 2));
    }

    @Override
    public KroneckerFactor withEigenvalues(Tensor values) {
      return new KroneckerFactor.Whole(stored.mul(values.unsqueeze(1)).matmul(transposed()));
    }
  }

  /** The axes. */
  record Axes(Tensor stored) implements OrthonormalVectors {
    @Override
    public Tensor toLeft(Tensor x) {
      return x.mul(stored.unsqueeze(2));
    }

    @Override
    public Tensor fromLeft(Tensor c) {
      return toLeft(c);
    }

    @Override
    public Tensor toRight(Tensor x) {
      return x.mul(stored.unsqueeze(1));
    }

    @Override
    public Tensor fromRight(Tensor c) {
      return toRight(c);
    }

    @Override
    public OrthonormalVectors completed() {
      return this;
    }

    @Override
    public KroneckerFactor withEigenvalues(Tensor values) {
      return new KroneckerFactor.Diagonal(stored.square().mul(values));
    }
  }
}
