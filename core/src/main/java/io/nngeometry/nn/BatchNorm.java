package io.nngeometry.nn;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Normalisation;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation of (n, channels, ...). In evaluation mode it normalises with the running
 * statistics; in training mode with those of the minibatch, which it also adds to the running ones.
 * Examples then depend on each other, so the geometry refuses training mode.
 */
public abstract sealed class BatchNorm extends AffineLayer
    permits BatchNorm1d, BatchNorm2d, BatchNorm3d {
  static final double EPS = 1e-5;
  static final double MOMENTUM = 0.1;

  private final int minRank;
  private final int maxRank;
  private final long features;
  private final double eps;
  private final double momentum;

  BatchNorm(int minRank, int maxRank, long features, double eps, double momentum, boolean affine) {
    super(AffineRule.Axes.CHANNELS, affine, affine, features);
    this.minRank = minRank;
    this.maxRank = maxRank;
    this.features = features;
    this.eps = eps;
    this.momentum = momentum;
    try (Scope scope = Scope.open()) {
      registerBuffer(
          "running_mean", torch.zeros(new long[] {features}, Tensors.options(ScalarType.Float)));
      registerBuffer(
          "running_var", torch.ones(new long[] {features}, Tensors.options(ScalarType.Float)));
      registerBuffer(
          "num_batches_tracked", torch.zeros(new long[0], Tensors.options(ScalarType.Long)));
    }
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, minRank, maxRank, features);
    if (!isTraining()) {
      return fixed(x, weightValue(), biasValue());
    }
    if (x.numel() == features) {
      throw new IllegalArgumentException(
          kind()
              + " in training mode needs more than one value per channel, got "
              + Inputs.shape(x));
    }
    try (GradMode none = GradMode.disabled()) {
      buffer("num_batches_tracked").add_(new Scalar(1L));
    }
    return torch.batch_norm(
        x,
        Tensors.optional(weightValue()),
        Tensors.optional(biasValue()),
        Tensors.optional(buffer("running_mean")),
        Tensors.optional(buffer("running_var")),
        true,
        momentum,
        eps,
        false);
  }

  @Override
  Tensor normalise(Tensor x) {
    return fixed(x, null, null);
  }

  private Tensor fixed(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
    return Normalisation.fixed(x, buffer("running_mean"), buffer("running_var"), weight, bias, eps);
  }

  @Override
  protected boolean behavesDifferentlyInTraining() {
    return true;
  }

  @Override
  protected void reset(long seed) {
    super.reset(seed);
    buffer("running_mean").zero_();
    buffer("running_var").fill_(Tensors.scalar(1));
    buffer("num_batches_tracked").zero_();
  }
}
