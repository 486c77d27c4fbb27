package io.nngeometry.io.program;

import io.nngeometry.layers.Parameter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A value that depends on parameters and on no example: a parameter itself, or what the network
 * makes of some before it uses them.
 *
 * @param slot where it stands in a frame
 * @param sources the parameters, by slot, in the order of their first use
 * @param steps what makes it of them, in order; empty for a parameter itself
 * @param signature equal for values that are made of the same parameters in the same way
 * @param kind how it is made
 * @param shape its shape when the program was exported
 * @param dynamic whether it depends on sizes of inputs
 */
record Derived(
    int slot,
    Map<Integer, Parameter> sources,
    List<Step> steps,
    String signature,
    Making kind,
    long[] shape,
    boolean dynamic) {

  /** How a value is made of its parameters. */
  enum Making {
    /** It is the one parameter. */
    ITSELF,
    /** It is the one parameter in another shape: the same elements in the same order. */
    RESHAPED,
    /** Its elements are elements of the one parameter. */
    CHOSEN,
    /** In some other way. */
    COMPUTED
  }

  /** The parameters. */
  List<Parameter> parameters() {
    return List.copyOf(sources.values());
  }

  /** The parameter that it is, if it is one. */
  Optional<Parameter> itself() {
    return kind == Making.ITSELF ? Optional.of(parameters().get(0)) : Optional.empty();
  }

  /** The parameter whose elements it shows in their order, if it does. */
  Optional<Parameter> reshaped() {
    return kind.compareTo(Making.RESHAPED) <= 0
        ? Optional.of(parameters().get(0))
        : Optional.empty();
  }

  /** Its value in the running forward pass. */
  Tensor value(Frame frame) {
    if (steps.isEmpty()) {
      return parameters().get(0).value();
    }
    return value(frame, p -> p.value());
  }

  /** What it would be if the parameters had these values. */
  Tensor value(Frame frame, java.util.function.Function<Parameter, Tensor> values) {
    Frame aside = frame.aside();
    sources.forEach((source, p) -> aside.put(source, values.apply(p)));
    steps.forEach(step -> step.run(aside));
    return aside.tensor(slot);
  }
}
