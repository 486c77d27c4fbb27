package io.nngeometry.nn;

import io.nngeometry.layers.Parameter;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** A model written where it is used. */
final class Net extends Module {
  private UnaryOperator<Tensor> forward = UnaryOperator.identity();

  <M extends Module> M add(String name, M part) {
    return register(name, part);
  }

  Parameter add(String name, Parameter parameter) {
    return register(name, parameter);
  }

  Net running(UnaryOperator<Tensor> function) {
    forward = function;
    return this;
  }

  @Override
  public Tensor forward(Tensor x) {
    return forward.apply(x);
  }
}
