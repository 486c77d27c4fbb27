package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One side of a Kronecker product: a p x p matrix per group. It is stored whole, (groups, p, p); as
 * its diagonal, (groups, p), where the rest is zero: the moment of a vocabulary's one-hots; or as a
 * root R, (groups, p, m) with m < p, of R R^T: the moment of fewer vectors than they have elements.
 */
sealed interface KroneckerFactor {
  /** The factor that {@code stored} is, by its shape. */
  static KroneckerFactor of(Tensor stored) {
    return switch ((int) stored.dim()) {
      case 2 -> new Diagonal(stored);
      case 3 -> stored.size(2) < stored.size(1) ? new Root(stored) : new Whole(stored);
      default ->
          throw new IllegalArgumentException(
              "a Kronecker factor has shape (groups, p, p), (groups, p, m) or (groups, p), not one"
                  + " of %d axes".formatted(stored.dim()));
    };
  }

  /** What is stored. */
  Tensor stored();

  /** All elements, (groups, p, p). */
  Tensor whole();

  /** The diagonals, (groups, p). */
  Tensor diagonal();

  /** F X for X of shape (..., groups, p, q). */
  Tensor applyLeft(Tensor x);

  /** X F for X of shape (..., groups, q, p). */
  Tensor applyRight(Tensor x);

  /** X F^T. */
  Tensor applyRightTransposed(Tensor x);

  /** F G, diagonal if both are. */
  KroneckerFactor times(KroneckerFactor other);

  /** Eigenvalues and eigenvectors as columns, all but some whose eigenvalue is zero; kept. */
  Spectrum spectrum(boolean positive);

  /** A copy of its own memory. */
  default KroneckerFactor copy() {
    return of(stored().clone());
  }

  /** The traces, (groups). */
  default Tensor traces() {
    return diagonal().sum(-1);
  }

  /** Sums of squares, (groups). */
  default Tensor squaredNorms() {
    return stored().square().flatten(1, -1).sum(1);
  }

  /** a_g F_g. */
  default KroneckerFactor scaled(Tensor perGroup) {
    return of(stored().mul(perGroup.reshape(sizes(perGroup.size(0)))));
  }

  /** a F. */
  default KroneckerFactor scaled(double factor) {
    return of(stored().mul(new Scalar(factor)));
  }

  /** What it stores, by the name of what that is of {@code side}. */
  default Map<String, Tensor> tensors(String side) {
    return Map.of(side, stored());
  }

  private long[] sizes(long groups) {
    long[] shape = new long[(int) stored().dim()];
    Arrays.fill(shape, 1);
    shape[0] = groups;
    return shape;
  }

  /** a F + b G, diagonal if both are. */
  default KroneckerFactor combined(double a, KroneckerFactor other, double b) {
    boolean diagonal = stored().dim() == 2 && other.stored().dim() == 2;
    Tensor mine = diagonal ? stored() : whole();
    Tensor theirs = diagonal ? other.stored() : other.whole();
    return of(mine.mul(new Scalar(a)).add(theirs, new Scalar(b)));
  }

  /** Whether the elements are the same, and stored alike. */
  default boolean sameAs(KroneckerFactor other) {
    return Arrays.equals(Tensors.shape(stored()), Tensors.shape(other.stored()))
        && stored().equal(other.stored());
  }

  /** Whether it is near positive semi-definite, as all moments are and their negatives are not. */
  default boolean isPositive() {
    return Spectrum.number(() -> diagonal().sum()) >= 0;
  }

  /** All elements. */
  record Whole(Tensor stored) implements KroneckerFactor {
    @Override
    public Tensor whole() {
      return stored;
    }

    @Override
    public Tensor diagonal() {
      return stored.diagonal(0, -2, -1);
    }

    private Tensor transposed() {
      return stored.transpose(1, 2);
    }

    @Override
    public Tensor applyLeft(Tensor x) {
      return stored.matmul(x);
    }

    @Override
    public Tensor applyRight(Tensor x) {
      return x.matmul(stored);
    }

    @Override
    public Tensor applyRightTransposed(Tensor x) {
      return x.matmul(transposed());
    }

    @Override
    public KroneckerFactor times(KroneckerFactor other) {
      return new Whole(other.applyRight(stored));
    }

    @Override
    public Spectrum spectrum(boolean positive) {
      return Spectrum.kept(stored, positive);
    }
  }

  /** R R^T. */
  record Root(Tensor stored) implements KroneckerFactor {
    private Tensor transposed() {
      return stored.transpose(1, 2);
    }

    @Override
    public Tensor whole() {
      return stored.matmul(transposed());
    }

    @Override
    public Tensor diagonal() {
      return stored.square().sum(-1);
    }

    @Override
    public Tensor applyLeft(Tensor x) {
      return stored.matmul(transposed().matmul(x));
    }

    @Override
    public Tensor applyRight(Tensor x) {
      return x.matmul(stored).matmul(transposed());
    }

    @Override
    public Tensor applyRightTransposed(Tensor x) {
      return applyRight(x);
    }

    @Override
    public KroneckerFactor times(KroneckerFactor other) {
      return new Whole(stored.matmul(other.applyRight(transposed())));
    }

    @Override
    public Spectrum spectrum(boolean positive) {
      return Spectrum.keptOfRoot(stored);
    }

    @Override
    public Tensor squaredNorms() {
      return transposed().matmul(stored).square().flatten(1, -1).sum(1);
    }

    @Override
    public KroneckerFactor scaled(Tensor perGroup) {
      return new Whole(whole()).scaled(perGroup);
    }

    @Override
    public KroneckerFactor scaled(double factor) {
      return factor >= 0
          ? new Root(stored.mul(new Scalar(Math.sqrt(factor))))
          : new Whole(whole()).scaled(factor);
    }

    /** Roots beside each other are the root of the sum. */
    @Override
    public KroneckerFactor combined(double a, KroneckerFactor other, double b) {
      if (other instanceof Root that
          && a >= 0
          && b >= 0
          && Total.isNarrow(stored.size(2) + that.stored.size(2), stored.size(1))) {
        return new Root(Tensors.cat(List.of(scaled(a).stored(), that.scaled(b).stored()), 2));
      }
      return KroneckerFactor.super.combined(a, other, b);
    }

    @Override
    public boolean isPositive() {
      return true;
    }

    @Override
    public Map<String, Tensor> tensors(String side) {
      return Map.of(side + "_root", stored);
    }
  }

  /** A diagonal alone. */
  record Diagonal(Tensor stored) implements KroneckerFactor {
    @Override
    public Tensor whole() {
      return torch.diag_embed(stored);
    }

    @Override
    public Tensor diagonal() {
      return stored;
    }

    @Override
    public Tensor applyLeft(Tensor x) {
      return x.mul(stored.unsqueeze(2));
    }

    @Override
    public Tensor applyRight(Tensor x) {
      return x.mul(stored.unsqueeze(1));
    }

    @Override
    public Tensor applyRightTransposed(Tensor x) {
      return applyRight(x);
    }

    @Override
    public KroneckerFactor times(KroneckerFactor other) {
      return other instanceof Diagonal
          ? new Diagonal(stored.mul(other.stored()))
          : new Whole(applyLeft(other.whole()));
    }

    @Override
    public Spectrum spectrum(boolean positive) {
      try (Scope scope = Scope.open()) {
        Tensor values = stored.detach();
        return new Spectrum(
            Scope.detach(positive ? values.clamp_min(new Scalar(0)) : values.clone()),
            Scope.detach(torch.ones_like(values)));
      }
    }
  }
}
