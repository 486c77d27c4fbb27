package io.nngeometry.kernel;

import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.FMat;
import io.nngeometry.vectors.FVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What the tools of this package ask of kernels. */
final class Kernels {
  private Kernels() {}

  static void requireOneOutput(FMat kernel, String who) {
    if (kernel.outputs() != 1) {
      throw new IllegalArgumentException(
          "%s needs a kernel of one output, not of %d: choose one with Outputs.one, sum or difference, or add them up with overOutputs()"
              .formatted(who, kernel.outputs()));
    }
  }

  /** What counts as zero beside one. */
  static double rounding(Tensor like) {
    return Tensors.type(like) == ScalarType.Double ? 1e-12 : 1e-5;
  }

  /** Fails unless targets are over the kernel's examples and finite. */
  static void requireTargets(FMat kernel, FVector targets) {
    if (targets.examples() != kernel.examples()
        || (kernel.outputs() != 1 && targets.outputs() != kernel.outputs())) {
      throw new IllegalArgumentException(
          "targets of shape (%d, %d) do not fit a kernel of %d outputs on %d examples"
              .formatted(
                  targets.outputs(), targets.examples(), kernel.outputs(), kernel.examples()));
    }
    if (!Tensors.isFinite(targets.tensor())) {
      throw new IllegalArgumentException("the targets hold NaN or infinite values");
    }
  }
}
