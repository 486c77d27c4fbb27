package io.nngeometry.operators;

import io.nngeometry.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A function f of a Kronecker factor, U f(values) U^T + f(0) (I - U U^T) per group, where U may
 * lack eigenvectors of eigenvalue zero.
 *
 * @param vectors U, as columns
 * @param values f of their eigenvalues, (groups, r)
 * @param rest f(0), (groups, 1)
 */
record FactorFunction(OrthonormalVectors vectors, Tensor values, Tensor rest) {

  /** f(F) X for X of shape (..., groups, p, q). */
  Tensor applyLeft(Tensor x) {
    Tensor in = vectors.toLeft(x);
    if (vectors.complete()) {
      return vectors.fromLeft(in.mul_(values.unsqueeze(2)));
    }
    return vectors.fromLeft(in.mul_(values.sub(rest).unsqueeze(2))).add_(x.mul(rest.unsqueeze(2)));
  }

  /** X f(F) for X of shape (..., groups, q, p). */
  Tensor applyRight(Tensor x) {
    Tensor in = vectors.toRight(x);
    if (vectors.complete()) {
      return vectors.fromRight(in.mul_(values.unsqueeze(1)));
    }
    return vectors.fromRight(in.mul_(values.sub(rest).unsqueeze(1))).add_(x.mul(rest.unsqueeze(1)));
  }

  /** 1 / f. */
  FactorFunction reciprocal() {
    return new FactorFunction(vectors, values.reciprocal(), rest.reciprocal());
  }

  /** All values that there are, (groups, r) or (groups, r + 1). */
  Tensor distinct() {
    return vectors.complete() ? values : Tensors.cat(List.of(values, rest), 1);
  }

  /** f(F) itself; a root where f(0) = 0, which takes f to be positive. */
  KroneckerFactor factor() {
    if (vectors.complete()) {
      return vectors.withEigenvalues(values);
    }
    if (Tensors.item(rest.abs().max()) == 0) {
      return KroneckerFactor.of(vectors.stored().mul(values.sqrt().unsqueeze(1)));
    }
    KroneckerFactor seen = vectors.withEigenvalues(values.sub(rest));
    Tensor other = rest.expand(-1, vectors.stored().size(1));
    return KroneckerFactor.of(seen.whole().add_(torch.diag_embed(other)));
  }
}
