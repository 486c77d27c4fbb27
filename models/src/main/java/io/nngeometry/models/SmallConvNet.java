package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A LeNet of 9,802 parameters for the {@link io.nngeometry.models.data.Digits}: two 3x3
 * convolutions of 8 and 16 channels, the second of stride 2, and two linear layers of 32 and 10
 * units, with rectifiers between them. Inputs (n, 1, 8, 8), outputs (n, 10).
 */
public final class SmallConvNet extends Module {
  private final Conv2d conv1 = register("conv1", new Conv2d(ConvOptions.of(1, 8, 3).padding(1)));
  private final Conv2d conv2 =
      register("conv2", new Conv2d(ConvOptions.of(8, 16, 3).stride(2).padding(1)));
  private final Linear fc1 = register("fc1", new Linear(16 * 4 * 4, 32));
  private final Linear fc2 = register("fc2", new Linear(32, 10));

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = torch.relu(conv1.forward(x));
    h = torch.relu(conv2.forward(h));
    h = torch.relu(fc1.forward(h.flatten(1, -1)));
    return fc2.forward(h);
  }
}
