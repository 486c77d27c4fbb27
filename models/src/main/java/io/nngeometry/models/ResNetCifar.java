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
 * The residual networks for small images of He et al. 2016, section 4.2: a 3x3 convolution, three
 * stages of basic blocks, of which the second and the third halve the image and double the
 * channels, the mean over the pixels, and a linear layer. Inputs (n, channels, height, width),
 * outputs (n, classes).
 *
 * <p>With b blocks a stage there are 6 b + 2 layers that are not shortcuts: three blocks make
 * ResNet-20. Where a block changes the shape, its shortcut is a 1x1 convolution, the paper's option
 * B. With 3 channels, width 16, 10 classes and batch normalisation ResNet-20 has 272,474
 * parameters.
 */
public final class ResNetCifar extends Module {
  private static final int STAGES = 3;

  private final Conv2d conv1;
  private final Module bn1;
  private final Sequential blocks;
  private final Linear fc;

  /**
   * A network with or without batch normalisation.
   *
   * @param channels of the images
   * @param width channels of the first stage; the last has four times as many
   * @param blocksPerStage blocks of a stage
   * @param classes number of outputs
   * @param norm what follows each convolution
   */
  public ResNetCifar(long channels, long width, int blocksPerStage, long classes, Norm norm) {
    if (blocksPerStage < 1) {
      throw new IllegalArgumentException("a stage needs a block, got " + blocksPerStage);
    }
    conv1 = register("conv1", norm.conv(ConvOptions.of(channels, width, 3).padding(1)));
    bn1 = register("bn1", norm.after(width));
    List<Module> all = new ArrayList<>();
    long in = width;
    for (int stage = 0; stage < STAGES; stage++) {
      long out = width << stage;
      for (int k = 0; k < blocksPerStage; k++) {
        all.add(new BasicBlock(in, out, stage > 0 && k == 0 ? 2 : 1, norm));
        in = out;
      }
    }
    blocks = register("blocks", new Sequential(all.toArray(Module[]::new)));
    fc = register("fc", new Linear(in, classes));
  }

  /** ResNet-20 with batch normalisation. */
  public static ResNetCifar resNet20(long channels, long width, long classes) {
    return new ResNetCifar(channels, width, 3, classes, Norm.BATCH);
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = blocks.forward(Norm.activated(conv1, bn1, x));
    return fc.forward(torch.adaptive_avg_pool2d(h, 1, 1).flatten(1, -1));
  }
}
