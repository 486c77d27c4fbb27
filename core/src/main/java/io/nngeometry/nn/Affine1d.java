package io.nngeometry.nn;

import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.Parameter;
import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** x * weight + bias, one of each per feature on axis 1. */
public final class Affine1d extends AffineLayer {
  private final long features;

  /** With a bias. */
  public Affine1d(long features) {
    this(features, true);
  }

  /** With or without a bias. */
  public Affine1d(long features, boolean bias) {
    super(AffineRule.Axes.CHANNELS, true, bias, features);
    this.features = features;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, 2, Integer.MAX_VALUE, features);
    long[] aligned = new long[(int) x.dim() - 1];
    Arrays.fill(aligned, 1);
    aligned[0] = features;
    Parameter shift = bias();
    Tensor scaled = x.mul(Objects.requireNonNull(weight()).value().view(aligned));
    return shift == null ? scaled : scaled.add(shift.value().view(aligned));
  }

  @Override
  Tensor normalise(Tensor x) {
    return x;
  }
}
