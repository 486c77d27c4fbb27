package io.nngeometry.nn;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Initial values of parameters. */
public final class Init {
  private Init() {}

  /** A float32 parameter of zeros. */
  public static Parameter zeros(long... shape) {
    return full(0, shape);
  }

  /** A float32 parameter of ones. */
  public static Parameter ones(long... shape) {
    return full(1, shape);
  }

  private static Parameter full(double value, long... shape) {
    try (Scope scope = Scope.open()) {
      return new Parameter(
          torch.full(shape, Tensors.scalar(value), Tensors.options(ScalarType.Float)));
    }
  }

  /** Uniform in [-bound, bound]. */
  public static void uniform(Parameter p, double bound, long seed) {
    in(p, t -> t.uniform_(-bound, bound, new GeneratorOptional(Tensors.generator(seed))));
  }

  /** Normal with mean zero. */
  public static void normal(Parameter p, double standardDeviation, long seed) {
    in(p, t -> t.normal_(0, standardDeviation, new GeneratorOptional(Tensors.generator(seed))));
  }

  /** All equal. */
  public static void constant(Parameter p, double value) {
    in(p, t -> t.fill_(Tensors.scalar(value)));
  }

  private static void in(Parameter p, java.util.function.Consumer<Tensor> fill) {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      fill.accept(p.tensor());
    }
  }
}
