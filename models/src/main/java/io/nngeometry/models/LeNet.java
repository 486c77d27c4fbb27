package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LeNet-5 (LeCun et al. 1998) as it is common today, with rectifiers and max-pools: two 5x5
 * convolutions of 6 and 16 channels, the first padded by two pixels, each followed by a 2x2
 * max-pool, and linear layers of 120, 84 and as many units as there are classes. Inputs (n,
 * channels, height, width), outputs (n, classes). For 28 x 28 grey images and 10 classes it has
 * 61,706 parameters.
 */
public final class LeNet extends Module {
  /** The least height and width. */
  public static final long LEAST = 12;

  private static final long FIRST = 6;
  private static final long SECOND = 16;

  private final Conv2d conv1;
  private final Conv2d conv2;
  private final Linear fc1;
  private final Linear fc2;
  private final Linear fc3;

  /** For 28 x 28 images. */
  public LeNet(long channels, long classes) {
    this(channels, 28, 28, classes);
  }

  /**
   * For images of any size from 12 x 12 pixels.
   *
   * @param channels of the images
   * @param height of the images
   * @param width of the images
   * @param classes number of outputs
   */
  public LeNet(long channels, long height, long width, long classes) {
    if (height < LEAST || width < LEAST) {
      throw new IllegalArgumentException(
          "LeNet needs images of at least %d x %d pixels, not %d x %d"
              .formatted(LEAST, LEAST, height, width));
    }
    conv1 = register("conv1", new Conv2d(ConvOptions.of(channels, FIRST, 5).padding(2)));
    conv2 = register("conv2", new Conv2d(ConvOptions.of(FIRST, SECOND, 5)));
    fc1 = register("fc1", new Linear(SECOND * pooled(height) * pooled(width), 120));
    fc2 = register("fc2", new Linear(120, 84));
    fc3 = register("fc3", new Linear(84, classes));
  }

  /** What the two convolutions and pools leave of a side. */
  private static long pooled(long side) {
    return (side / 2 - 4) / 2;
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = torch.max_pool2d(torch.relu(conv1.forward(x)), 2);
    h = torch.max_pool2d(torch.relu(conv2.forward(h)), 2);
    h = torch.relu(fc1.forward(h.flatten(1, -1)));
    return fc3.forward(torch.relu(fc2.forward(h)));
  }
}
