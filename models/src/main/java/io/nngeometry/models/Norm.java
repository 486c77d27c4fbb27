package io.nngeometry.models;

import io.nngeometry.engine.Scope;
import io.nngeometry.nn.BatchNorm2d;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Identity;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What follows each convolution of a residual network. */
public enum Norm {
  /** Batch normalisation; the convolutions then have no bias, which it would undo. */
  BATCH {
    @Override
    Module after(long channels) {
      return new BatchNorm2d(channels);
    }

    @Override
    Module shortcut(ConvOptions options, long channels) {
      return new Sequential(conv(options), after(channels));
    }
  },

  /** Nothing; the convolutions have biases. */
  NONE {
    @Override
    Module after(long channels) {
      return new Identity();
    }

    @Override
    Module shortcut(ConvOptions options, long channels) {
      return conv(options);
    }
  };

  /** The module that follows a convolution of so many channels. */
  abstract Module after(long channels);

  /** A convolution and what follows it, as one module. */
  abstract Module shortcut(ConvOptions options, long channels);

  /** A convolution and what follows it. What they compute on the way goes at once. */
  static Tensor applied(Module conv, Module after, Tensor x) {
    return Scope.keeping(() -> after.forward(conv.forward(x)));
  }

  /** The same and a ReLU. */
  static Tensor activated(Module conv, Module after, Tensor x) {
    return Scope.keeping(() -> torch.relu(applied(conv, after, x)));
  }

  /** The same with the input added before the ReLU, by way of {@code shortcut}. */
  static Tensor activated(Module conv, Module after, Tensor x, Module shortcut, Tensor input) {
    return Scope.keeping(
        () ->
            torch.relu(Scope.keeping(() -> applied(conv, after, x).add(shortcut.forward(input)))));
  }

  /** A convolution to be followed by {@link #after}. */
  final Conv2d conv(ConvOptions options) {
    return new Conv2d(options.bias(this == NONE));
  }
}
