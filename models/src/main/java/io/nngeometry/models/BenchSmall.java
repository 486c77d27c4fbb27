package io.nngeometry.models;

import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A network small enough for its whole Fisher matrix to be stored, 3,786 parameters for 10 classes:
 * two strided convolutions of 6 and 8 channels and a linear layer, with rectifiers between them.
 * Inputs (n, 3, 32, 32), outputs (n, classes).
 */
public final class BenchSmall extends Module {
  private final Conv2d conv1 = register("conv1", new Conv2d(ConvOptions.of(3, 6, 5).stride(2)));
  private final Conv2d conv2 = register("conv2", new Conv2d(ConvOptions.of(6, 8, 3).stride(2)));
  private final Linear fc;

  /** A network with so many outputs. */
  public BenchSmall(long classes) {
    fc = register("fc", new Linear(8 * 6 * 6, classes));
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = torch.relu(conv1.forward(x));
    h = torch.relu(conv2.forward(h));
    return fc.forward(h.flatten(1, -1));
  }
}
