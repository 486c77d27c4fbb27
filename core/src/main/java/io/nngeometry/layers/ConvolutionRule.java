package io.nngeometry.layers;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A convolution: a linear map of patches, one position per output pixel. */
public final class ConvolutionRule extends LinearMapRule {
  private final Convolution convolution;

  /** The rule of weights (out, in / groups, kernel) and an optional bias (out). */
  public ConvolutionRule(Parameter weight, @Nullable Parameter bias, Convolution convolution) {
    super(
        weight,
        bias,
        new MatrixLayout(
            convolution.groups(),
            weight.shape()[0] / convolution.groups(),
            weight.size() / weight.shape()[0],
            bias != null,
            0));
    this.convolution = convolution;
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    return patches(convolution.windows(input), convolution, ones);
  }

  @Override
  protected Optional<Consumer<Total>> inputMoment(Tensor input, boolean ones) {
    return PatchMoments.of(convolution, input, ones);
  }

  /** A convolution with the basis as its kernels: no patches, and the engine's fastest product. */
  @Override
  protected Optional<Supplier<Tensor>> rotatedInput(Tensor input, Tensor basis, boolean ones) {
    return Optional.of(
        () -> {
          long features = layout().columns();
          Tensor kernels = basis.transpose(1, 2).flatten(0, 1).narrow(1, 0, features);
          long[] shape = weight().shape();
          shape[0] = kernels.size(0);
          Tensor bias = ones ? basis.select(1, features).flatten() : null;
          return byGroup(
              convolution.forward(input.detach(), kernels.reshape(shape), bias),
              convolution.groups());
        });
  }

  @Override
  protected Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift) {
    return convolution.forward(use.input(), weights, shift);
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return byGroup(outputGradient, convolution.groups());
  }

  /** (n, channels, ...) to (n, groups, positions, channels / groups). */
  static Tensor byGroup(Tensor t, long groups) {
    return t.reshape(t.size(0), groups, t.size(1) / groups, -1).transpose(2, 3);
  }

  /**
   * Windows (n, channels, positions, kernel) to the factor (n, groups, S, channels / groups *
   * kernel). Memory is laid out as (groups, features, n, S), so that sums over examples and
   * positions are single matrix products and the copy runs along whole image rows.
   */
  static Tensor patches(Tensor windows, Convolution convolution, boolean ones) {
    int axes = convolution.axes();
    long n = windows.size(0);
    long groups = convolution.groups();
    long channels = windows.size(1) / groups;
    long positions = 1;
    for (int k = 0; k < axes; k++) {
      positions *= windows.size(2 + k);
    }
    long features = channels * convolution.kernelSize();
    Tensor memory = Tensors.empty(windows, groups, features + (ones ? 1 : 0), n, positions);
    if (ones) {
      memory.select(1, features).fill_(Tensors.scalar(1));
    }
    // to (groups, channels, kernel..., n, positions...)
    long[] order = new long[3 + 2 * axes];
    order[0] = 1;
    order[1] = 2;
    order[2 + axes] = 0;
    for (int k = 0; k < axes; k++) {
      order[2 + k] = 3 + axes + k;
      order[3 + axes + k] = 3 + k;
    }
    Tensor source = windows.unflatten(1, groups, channels).permute(order);
    memory.narrow(1, 0, features).view(Tensors.shape(source)).copy_(source);
    return memory.permute(2, 0, 3, 1);
  }
}
