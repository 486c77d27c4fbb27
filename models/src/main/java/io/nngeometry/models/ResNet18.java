package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The residual network of 18 layers for small images (He et al. 2016, in the form common for
 * CIFAR): a 3x3 stem without max-pooling, then four stages of two basic blocks, of which every
 * stage but the first halves the image and doubles the channels. Inputs (n, channels, height,
 * width), outputs (n, classes). With 3 channels, width 64, 10 classes and batch normalisation it
 * has 11,173,962 parameters.
 */
public final class ResNet18 extends Module {
  private final Conv2d conv1;
  private final Module bn1;
  private final Sequential blocks;
  private final Linear fc;

  /** A network for images of three channels, with batch normalisation. */
  public ResNet18(long width, long classes) {
    this(width, classes, Norm.BATCH);
  }

  /** A network for images of three channels, with or without batch normalisation. */
  public ResNet18(long width, long classes, Norm norm) {
    this(3, width, classes, norm);
  }

  /**
   * A network with or without batch normalisation.
   *
   * @param channels of the images
   * @param width channels of the first stage; the last has eight times as many
   * @param classes number of outputs
   * @param norm what follows each convolution
   */
  public ResNet18(long channels, long width, long classes, Norm norm) {
    conv1 = register("conv1", norm.conv(ConvOptions.of(channels, width, 3).padding(1)));
    bn1 = register("bn1", norm.after(width));
    List<Module> all = new ArrayList<>();
    long in = width;
    for (int stage = 0; stage < 4; stage++) {
      long out = width << stage;
      all.add(new BasicBlock(in, out, stage == 0 ? 1 : 2, norm));
      all.add(new BasicBlock(out, out, 1, norm));
      in = out;
    }
    blocks = register("blocks", new Sequential(all.toArray(Module[]::new)));
    fc = register("fc", new Linear(in, classes));
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = blocks.forward(Norm.activated(conv1, bn1, x));
    return fc.forward(torch.adaptive_avg_pool2d(h, 1, 1).flatten(1, -1));
  }
}
