package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /** Adds them to {@code state}, as {@code name} and a number. */
  void addTo(Map<String, Tensor> state, String name) {
    for (int k = 0; k < tensors.size(); k++) {
      state.put(name + "." + k, tensors.get(k));
    }
  }

  /** Copies {@code saved} into tensors of the same names and shapes. */
  static void copy(Map<String, Tensor> saved, Map<String, Tensor> into) {
    if (!saved.keySet().equals(into.keySet())) {
      throw new IllegalArgumentException(
          "the memory of another optimiser: it has %s where %s is wanted"
              .formatted(saved.keySet(), into.keySet()));
    }
    try (GradMode none = GradMode.disabled()) {
      into.forEach(
          (name, mine) -> {
            Tensor theirs = Objects.requireNonNull(saved.get(name), name);
            if (!Arrays.equals(Tensors.shape(theirs), Tensors.shape(mine))) {
              throw new IllegalArgumentException(
                  "the optimiser's %s has shape %s where %s is wanted"
                      .formatted(
                          name,
                          Arrays.toString(Tensors.shape(theirs)),
                          Arrays.toString(Tensors.shape(mine))));
            }
            mine.copy_(theirs);
          });
    }
  }

  void close() {
    tensors.forEach(Tensor::close);
  }
}
