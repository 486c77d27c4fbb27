package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Identity;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;

/** Two 3x3 convolutions, and the input added to what they give. */
final class BasicBlock extends Module {
  private final Conv2d conv1;
  private final Module bn1;
  private final Conv2d conv2;
  private final Module bn2;
  private final Module shortcut;

  BasicBlock(long in, long out, long stride, Norm norm) {
    conv1 = register("conv1", norm.conv(ConvOptions.of(in, out, 3).stride(stride).padding(1)));
    bn1 = register("bn1", norm.after(out));
    conv2 = register("conv2", norm.conv(ConvOptions.of(out, out, 3).padding(1)));
    bn2 = register("bn2", norm.after(out));
    boolean same = stride == 1 && in == out;
    shortcut =
        register(
            "short",
            same ? new Identity() : norm.shortcut(ConvOptions.of(in, out, 1).stride(stride), out));
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = Norm.activated(conv1, bn1, x);
    return Norm.activated(conv2, bn2, h, shortcut, x);
  }
}
