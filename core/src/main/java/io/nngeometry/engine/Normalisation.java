package io.nngeometry.engine;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Normalisations by statistics of the input itself. The engine's own derivatives of a tangent hold
 * these statistics constant, which falsifies second derivatives in silence; where tangents will be
 * differentiated, everything is therefore composed of elementary operations.
 */
public final class Normalisation {
  private Normalisation() {}

  /** Over the last axes, whose sizes are {@code shape}; weight and bias have that shape. */
  public static Tensor layer(
      Tensor x, long[] shape, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    if (!ForwardMode.isDifferentiable()) {
      return torch.layer_norm(
          x, shape, Tensors.optional(weight), Tensors.optional(bias), eps, false);
    }
    return affine(standardised(x, last(x, shape.length), eps), weight, bias);
  }

  /**
   * By given statistics of each channel, axis 1. Unless a derivative in weight or bias is asked
   * for, that is a product and a sum, whose derivative in the input takes a fifth of the time of
   * the engine's own.
   */
  public static Tensor fixed(
      Tensor x,
      Tensor mean,
      Tensor variance,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps) {
    if (differentiates(weight) || differentiates(bias)) {
      return torch.batch_norm(
          x,
          Tensors.optional(weight),
          Tensors.optional(bias),
          Tensors.optional(mean),
          Tensors.optional(variance),
          false,
          0,
          eps,
          false);
    }
    return Scope.keeping(
        () -> {
          Tensor root = variance.add(Tensors.scalar(eps)).rsqrt();
          Tensor scale = weight == null ? root : root.mul(weight);
          Tensor shift = mean.mul(scale).neg();
          // in place: no derivative needs the product
          return x.mul(onChannels(scale, x))
              .add_(onChannels(bias == null ? shift : shift.add(bias), x));
        });
  }

  private static boolean differentiates(@Nullable Tensor t) {
    return t != null && t.requires_grad();
  }

  /** Over groups of the channels, axis 1, and all positions; weight and bias are per channel. */
  public static Tensor group(
      Tensor x, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    if (!ForwardMode.isDifferentiable()) {
      return torch.group_norm(
          x, groups, Tensors.optional(weight), Tensors.optional(bias), eps, false);
    }
    Tensor grouped = x.reshape(x.size(0), groups, -1);
    Tensor standardised = standardised(grouped, new long[] {2}, eps).reshape(Tensors.shape(x));
    return affine(standardised, perChannel(weight, x), perChannel(bias, x));
  }

  /** Over the positions of each channel of each example; weight and bias are per channel. */
  public static Tensor instance(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    if (ForwardMode.isDifferentiable()) {
      return group(x, x.size(1), weight, bias, eps);
    }
    TensorOptional none = new TensorOptional();
    return torch.instance_norm(
        x, Tensors.optional(weight), Tensors.optional(bias), none, none, true, 0, eps, false);
  }

  /**
   * Division by the root of the mean square over the last axes.
   *
   * @param eps added to the mean square; null for the machine epsilon of the type
   */
  public static Tensor rootMeanSquare(
      Tensor x, long[] shape, @Nullable Tensor weight, @Nullable Double eps) {
    if (!ForwardMode.isDifferentiable()) {
      DoubleOptional epsilon = eps == null ? new DoubleOptional() : new DoubleOptional(eps);
      return torch.rms_norm(x, shape, Tensors.optional(weight), epsilon);
    }
    double added = eps != null ? eps : Tensors.type(x) == ScalarType.Double ? 0x1p-52 : 0x1p-23;
    return affine(x.mul(inverseRoot(x, last(x, shape.length), added)), weight, null);
  }

  /** Exponentials that add up to one along {@code axis}. */
  public static Tensor softmax(Tensor x, long axis) {
    if (!ForwardMode.isDifferentiable()) {
      return torch.softmax(x, axis);
    }
    // the engine's tangent of a softmax overwrites what its derivative needs
    Tensor e = x.sub(x.detach().amax(new long[] {axis}, true)).exp();
    return e.div(Tensors.sum(e, true, axis));
  }

  /** The logarithm of {@link #softmax}. */
  public static Tensor logSoftmax(Tensor x, long axis) {
    if (!ForwardMode.isDifferentiable()) {
      return torch.log_softmax(x, axis);
    }
    Tensor shifted = x.sub(x.detach().amax(new long[] {axis}, true));
    return shifted.sub(Tensors.sum(shifted.exp(), true, axis).log());
  }

  /** A {@link #softmax} over the last axis that is zero where everything is minus infinity. */
  public static Tensor safeSoftmax(Tensor x) {
    Tensor most = x.detach().amax(new long[] {-1}, true);
    Tensor finite = most.masked_fill(most.isinf(), Tensors.scalar(0));
    Tensor e = x.sub(finite).exp();
    Tensor sum = Tensors.sum(e, true, -1);
    return e.div(sum.add(sum.detach().eq(Tensors.scalar(0))));
  }

  private static Tensor standardised(Tensor x, long[] axes, double eps) {
    Tensor centred = x.sub(mean(x, axes));
    return centred.mul(inverseRoot(centred, axes, eps));
  }

  private static Tensor inverseRoot(Tensor x, long[] axes, double eps) {
    return mean(x.mul(x), axes).add(Tensors.scalar(eps)).rsqrt();
  }

  private static Tensor mean(Tensor x, long[] axes) {
    double count = 1;
    for (long axis : axes) {
      count *= x.size(axis);
    }
    return Tensors.sum(x, true, axes).div(Tensors.scalar(count));
  }

  private static Tensor affine(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
    Tensor scaled = weight == null ? x : x.mul(weight);
    return bias == null ? scaled : scaled.add(bias);
  }

  private static @Nullable Tensor perChannel(@Nullable Tensor t, Tensor x) {
    return t == null ? null : onChannels(t, x);
  }

  private static Tensor onChannels(Tensor t, Tensor x) {
    long[] shape = new long[(int) x.dim() - 1];
    java.util.Arrays.fill(shape, 1);
    shape[0] = t.size(0);
    return t.view(shape);
  }

  private static long[] last(Tensor x, int count) {
    long[] axes = new long[count];
    for (int k = 0; k < count; k++) {
      axes[k] = x.dim() - count + k;
    }
    return axes;
  }
}
