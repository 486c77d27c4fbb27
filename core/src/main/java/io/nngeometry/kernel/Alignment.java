package io.nngeometry.kernel;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How much two kernels look alike: the cosine between them as vectors of elements, in [-1, 1], and
 * in [0, 1] for positive semi-definite ones.
 *
 * <p>The kernel-target alignment (Cristianini, Shawe-Taylor, Elisseeff and Kandola 2001) is that
 * with y y^T; the centred alignment (Cortes, Mohri and Rostamizadeh 2012) centres both first, and
 * between two representations is called CKA (Kornblith, Norouzi, Lee and Hinton 2019).
 */
public final class Alignment {
  private Alignment() {}

  /** The cosine between two kernels over the same outputs and examples. */
  public static double between(FMat first, FMat second) {
    first.checkSameSpace(second);
    try (Scope scope = Scope.open()) {
      return cosine(first.toDense(), second.toDense());
    }
  }

  /** The cosine between two kernels that are centred first: CKA. */
  public static double centredBetween(FMat first, FMat second) {
    first.checkSameSpace(second);
    try (Scope scope = Scope.open()) {
      return cosine(
          FMatDense.of(first.toDense()).centred().tensor(),
          FMatDense.of(second.toDense()).centred().tensor());
    }
  }

  /**
   * The kernel distance 1 - cosine of Fort et al. (2020, section 3), such as between the kernels of
   * two checkpoints: zero if one is a multiple of the other.
   */
  public static double distance(FMat first, FMat second) {
    return 1 - between(first, second);
  }

  /** The alignment with y y^T, y one number an example such as -1 and 1. */
  public static double withTarget(FMat kernel, FVector y) {
    return between(kernel, target(kernel, y));
  }

  /** The alignment with y y^T, both centred. */
  public static double centredWithTarget(FMat kernel, FVector y) {
    return centredBetween(kernel, target(kernel, y));
  }

  /** The alignment with the kernel that is one for examples of the same class and zero else. */
  public static double withLabels(FMat kernel, Tensor labels) {
    return between(kernel, sameClass(kernel, labels));
  }

  /** The alignment with the kernel of equal labels, both centred. */
  public static double centredWithLabels(FMat kernel, Tensor labels) {
    return centredBetween(kernel, sameClass(kernel, labels));
  }

  private static FMatDense target(FMat kernel, FVector y) {
    if (y.outputs() != kernel.outputs()) {
      throw new IllegalArgumentException(
          "a target of %d outputs does not fit a kernel of %d"
              .formatted(y.outputs(), kernel.outputs()));
    }
    Kernels.requireTargets(kernel, y);
    return FMatDense.of(
        Scope.keeping(
            () -> {
              Tensor flat = y.tensor().reshape(-1);
              return torch
                  .outer(flat, flat)
                  .view(y.outputs(), y.examples(), y.outputs(), y.examples());
            }));
  }

  private static FMatDense sameClass(FMat kernel, Tensor labels) {
    Kernels.requireOneOutput(kernel, "alignment with labels");
    if (labels.dim() != 1 || labels.size(0) != kernel.examples()) {
      throw new IllegalArgumentException(
          "alignment needs a label for each of %d examples".formatted(kernel.examples()));
    }
    return FMatDense.of(
        Scope.keeping(
            () ->
                labels
                    .unsqueeze(1)
                    .eq(labels.unsqueeze(0))
                    .to(ScalarType.Double)
                    .unsqueeze(0)
                    .unsqueeze(2)
                    .contiguous()));
  }

  private static double cosine(Tensor a, Tensor b) {
    Tensor x = a.to(ScalarType.Double).reshape(-1);
    Tensor y = b.to(ScalarType.Double).reshape(-1);
    double norms = Tensors.item(x.norm()) * Tensors.item(y.norm());
    if (!(norms > 0)) {
      throw new ArithmeticException(
          "a kernel that is zero has no alignment (centring leaves nothing of a constant one)");
    }
    return Tensors.item(x.dot(y)) / norms;
  }
}
