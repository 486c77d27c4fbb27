package io.nngeometry.nn;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.Tensor;

/** Normalisation of each channel of each example over its positions, without running statistics. */
public abstract sealed class InstanceNorm extends AffineLayer
    permits InstanceNorm1d, InstanceNorm2d, InstanceNorm3d {
  static final double EPS = 1e-5;

  private final int rank;
  private final long features;
  private final double eps;

  InstanceNorm(int rank, long features, double eps, boolean affine) {
    super(AffineRule.Axes.CHANNELS, affine, affine, features);
    this.rank = rank;
    this.features = features;
    this.eps = eps;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, rank, rank, features);
    if (Tensors.numel(Tensors.shape(x)) == x.size(0) * features) {
      throw new IllegalArgumentException(
          kind() + " needs more than one position per channel, got " + Inputs.shape(x));
    }
    return Normalisation.instance(x, weightValue(), biasValue(), eps);
  }

  @Override
  Tensor normalise(Tensor x) {
    return Normalisation.instance(x, null, null, eps);
  }
}
