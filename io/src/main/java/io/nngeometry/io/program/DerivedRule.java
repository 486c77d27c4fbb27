package io.nngeometry.io.program;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The rule of a layer whose effective weights are made of parameters. The rule of the layer itself
 * gives the gradients with respect to the effective weights; the chain rule does the rest, by one
 * small backward an example, or by adding up where elements are only chosen.
 */
final class DerivedRule implements LayerRule {
  private final LayerRule effective;
  private final Map<Parameter, Derived> weights;
  private final Supplier<Frame> constants;

  /**
   * @param effective the rule of the effective weights
   * @param weights how each of them is made
   * @param constants gives a frame with the buffers of the program
   */
  DerivedRule(LayerRule effective, Map<Parameter, Derived> weights, Supplier<Frame> constants) {
    this.effective = effective;
    this.weights = weights;
    this.constants = constants;
  }

  @Override
  public Prepared prepare(LayerUse use, Scope.Owner lifetime) {
    Prepared inner = effective.prepare(use, lifetime);
    return (parameter, g) -> {
      Tensor total = null;
      for (Map.Entry<Parameter, Derived> weight : weights.entrySet()) {
        if (weight.getValue().parameters().stream().anyMatch(p -> p == parameter)) {
          Tensor part =
              pullBack(weight.getValue(), parameter, inner.perExample(weight.getKey(), g));
          total = total == null ? part : total.add(part);
        }
      }
      return Objects.requireNonNull(total);
    };
  }

  /** Gradients with respect to an effective weight, (n, its size), to those of a parameter. */
  private Tensor pullBack(Derived derived, Parameter parameter, Tensor gradients) {
    return switch (derived.kind()) {
      case ITSELF, RESHAPED -> gradients;
      case CHOSEN ->
          Tensors.zeros(gradients, gradients.size(0), parameter.size())
              .index_add(1, elements(derived, constants.get()).reshape(-1), gradients);
      case COMPUTED -> chained(derived, parameter, gradients);
    };
  }

  /** Which element of the parameter each element of a chosen value is, of the value's shape. */
  static Tensor elements(Derived derived, Frame frame) {
    Parameter p = derived.parameters().get(0);
    Tensor numbers =
        torch
            .arange(
                new org.bytedeco.pytorch.Scalar(p.size()), Tensors.options(torch.ScalarType.Double))
            .reshape(p.shape());
    return derived.value(frame, unused -> numbers).to(torch.ScalarType.Long);
  }

  private Tensor chained(Derived derived, Parameter parameter, Tensor gradients) {
    Tensor leaf;
    Tensor value;
    try (GradMode on = GradMode.enabled()) {
      Tensor fresh = parameter.tensor().detach().requires_grad_();
      leaf = fresh;
      value = derived.value(constants.get(), p -> p == parameter ? fresh : p.tensor().detach());
    }
    if (!value.requires_grad()) {
      return Tensors.zeros(gradients, gradients.size(0), parameter.size()); // it was detached
    }
    List<Tensor> rows = new ArrayList<>();
    for (long i = 0; i < gradients.size(0); i++) {
      Tensor g = gradients.select(0, i).view_as(value);
      rows.add(Tensors.gradients(value, g, List.of(leaf), true).get(0).reshape(-1));
    }
    return Tensors.stack(rows, 0);
  }
}
