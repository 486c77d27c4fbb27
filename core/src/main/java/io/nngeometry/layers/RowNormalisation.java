package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Division of every row by sqrt(|row|^2 + eps). A row is all that follows a weight's first axis.
 *
 * @param eps added to the squared norm, not negative
 */
public record RowNormalisation(double eps) {
  /** Refuses a negative or non-finite eps. */
  public RowNormalisation {
    if (!(eps >= 0) || Double.isInfinite(eps)) {
      throw new IllegalArgumentException("eps must be a number from 0, got " + eps);
    }
  }

  /** The effective weight, of the shape of {@code weight}. */
  public Tensor rows(Tensor weight) {
    Tensor flat = weight.flatten(1, -1);
    return flat.div(norm(flat)).view_as(weight);
  }

  /** {@code x} with every vector along its last axis normalised. */
  public Tensor lastAxis(Tensor x) {
    return x.div(norm(x));
  }

  /**
   * Chains gradients through the normalisation: with r = sqrt(|w|^2 + eps) and u = w / r, a
   * gradient g with respect to u is (g - u &lt;u, g&gt;) / r with respect to w.
   *
   * @param weight the weight, (rows, ...)
   * @param gradients with respect to the effective weight, (n, size of the weight)
   * @return with respect to the weight, (n, size of the weight)
   */
  public Tensor pullBack(Tensor weight, Tensor gradients) {
    Tensor w = weight.flatten(1, -1);
    Tensor r = norm(w);
    Tensor u = w.div(r);
    Tensor g = gradients.unflatten(1, w.size(0), w.size(1));
    return g.sub(u.mul(Tensors.sum(g.mul(u), true, -1))).div(r).flatten(1, -1);
  }

  private Tensor norm(Tensor t) {
    return Tensors.sum(t.mul(t), true, -1).add(Tensors.scalar(eps)).sqrt();
  }
}
