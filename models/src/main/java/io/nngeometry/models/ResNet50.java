package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Identity;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The residual network of 50 layers for images of 64 x 64 pixels, without normalisation by default:
 * a 7x7 stem of stride 1, max-pooling, and four stages of 3, 4, 6 and 3 bottleneck blocks (He et
 * al. 2016). Inputs (n, channels, height, width), outputs (n, classes). With 3 channels and 200
 * classes it has 23,891,272 parameters.
 */
public final class ResNet50 extends Module {
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final long STEM = 64;
  private static final long EXPANSION = 4;

  private final Conv2d conv1;
  private final Module bn1;
  private final Sequential blocks;
  private final Linear fc;

  /** A network for images of three channels, without normalisation. */
  public ResNet50(long classes) {
    this(classes, Norm.NONE);
  }

  /** A network for images of three channels, with or without batch normalisation. */
  public ResNet50(long classes, Norm norm) {
    this(3, classes, norm);
  }

  /**
   * A network with or without batch normalisation after each convolution.
   *
   * @param channels of the images
   * @param classes number of outputs
   * @param norm what follows each convolution
   */
  public ResNet50(long channels, long classes, Norm norm) {
    conv1 = register("conv1", norm.conv(ConvOptions.of(channels, STEM, 7).padding(3)));
    bn1 = register("bn1", norm.after(STEM));
    List<Module> all = new ArrayList<>();
    long in = STEM;
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      long middle = STEM << stage;
      for (int j = 0; j < BLOCKS[stage]; j++) {
        all.add(new Bottleneck(in, middle, j == 0 && stage > 0 ? 2 : 1, norm));
        in = EXPANSION * middle;
      }
    }
    blocks = register("blocks", new Sequential(all.toArray(Module[]::new)));
    fc = register("fc", new Linear(in, classes));
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = Norm.activated(conv1, bn1, x);
    h =
        torch.max_pool2d(
            h, new long[] {3, 3}, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, false);
    return fc.forward(torch.adaptive_avg_pool2d(blocks.forward(h), 1, 1).flatten(1, -1));
  }

  /** A 3x3 convolution between two 1x1 ones, and the input added to what they give. */
  private static final class Bottleneck extends Module {
    private final Conv2d conv1;
    private final Module bn1;
    private final Conv2d conv2;
    private final Module bn2;
    private final Conv2d conv3;
    private final Module bn3;
    private final Module shortcut;

    Bottleneck(long in, long middle, long stride, Norm norm) {
      long out = EXPANSION * middle;
      conv1 = register("conv1", norm.conv(ConvOptions.of(in, middle, 1)));
      bn1 = register("bn1", norm.after(middle));
      conv2 =
          register("conv2", norm.conv(ConvOptions.of(middle, middle, 3).stride(stride).padding(1)));
      bn2 = register("bn2", norm.after(middle));
      conv3 = register("conv3", norm.conv(ConvOptions.of(middle, out, 1)));
      bn3 = register("bn3", norm.after(out));
      boolean same = stride == 1 && in == out;
      shortcut =
          register(
              "short",
              same
                  ? new Identity()
                  : norm.shortcut(ConvOptions.of(in, out, 1).stride(stride), out));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = Norm.activated(conv1, bn1, x);
      h = Norm.activated(conv2, bn2, h);
      return Norm.activated(conv3, bn3, h, shortcut, x);
    }
  }
}
