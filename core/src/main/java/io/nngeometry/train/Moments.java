package io.nngeometry.train;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Parameter;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** One tensor for each parameter that lives as long as an optimisation; zeros at first. */
final class Moments {
  private final List<Tensor> tensors;

  Moments(List<Parameter> parameters) {
    try (Scope scope = Scope.open()) {
      tensors =
          parameters.stream()
              .map(p -> Scope.detach(torch.zeros_like(p.tensor().detach())))
              .toList();
    }
  }

  Tensor get(int k) {
    return tensors.get(k);
  }

  void close() {
    tensors.forEach(Tensor::close);
  }
}
