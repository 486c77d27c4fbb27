package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A LeNet of 2,458 parameters for the {@link io.nngeometry.models.data.Digits}, small enough for
 * its whole Fisher matrix to be stored and inverted: two 3x3 convolutions of 8 and 16 channels,
 * each followed by a rectifier and a 2x2 max-pool, and two linear layers of 16 and 10 units. Inputs
 * (n, 1, 8, 8), outputs (n, 10).
 */
public final class SmallConvNet extends Module {
  private final Conv2d conv1 = register("conv1", new Conv2d(ConvOptions.of(1, 8, 3).padding(1)));
  private final Conv2d conv2 = register("conv2", new Conv2d(ConvOptions.of(8, 16, 3).padding(1)));
  private final Linear fc1 = register("fc1", new Linear(16 * 2 * 2, 16));
  private final Linear fc2 = register("fc2", new Linear(16, 10));

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = torch.max_pool2d(torch.relu(conv1.forward(x)), 2);
    h = torch.max_pool2d(torch.relu(conv2.forward(h)), 2);
    h = torch.relu(fc1.forward(h.flatten(1, -1)));
    return fc2.forward(h);
  }
}
