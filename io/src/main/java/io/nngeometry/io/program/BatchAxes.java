package io.nngeometry.io.program;

import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the axis along which the examples run in every value, by the symbol that stands for their
 * number. Where the axis was merged with others, the row-major order, which no view changes, tells
 * how.
 */
final class BatchAxes {
  private static final Set<String> VIEWS =
      Set.of("view", "reshape", "_unsafe_view", "flatten", "unflatten");

  private final Map<String, BatchAxis> axes = new HashMap<>();
  private final Program program;
  private final Batch batch;

  BatchAxes(Program program, Batch batch) {
    this.program = program;
    this.batch = batch;
    program.userInputs().forEach(name -> find(name, null));
    for (Node node : program.nodes()) {
      for (@Nullable String out : node.outputs()) {
        if (out != null) {
          find(out, node);
        }
      }
    }
  }

  /** Where the examples run in it, if that is known. */
  Optional<BatchAxis> of(String name) {
    return Optional.ofNullable(axes.get(name));
  }

  private void find(String name, @Nullable Node node) {
    TensorFacts facts = program.tensors().get(name);
    if (facts == null) {
      return;
    }
    int axis = -1;
    for (int k = 0; k < facts.sizes().size(); k++) {
      if (mentions(facts.sizes().get(k))) {
        if (axis >= 0) {
          return; // along two axes: no example has a part of its own
        }
        axis = k;
      }
    }
    if (axis < 0) {
      return;
    }
    Size size = facts.sizes().get(axis);
    if (size.symbol().isPresent()) {
      axes.put(name, new BatchAxis(axis, 1, 1));
    } else if (node != null) {
      merged(facts, axis, node).ifPresent(found -> axes.put(name, found));
    }
  }

  private boolean mentions(Size size) {
    return batch.symbols().stream().anyMatch(size::mentions);
  }

  private Optional<BatchAxis> merged(TensorFacts facts, int axis, Node node) {
    if (batch.examples() == 0 || facts.sizes().get(axis).hint() % batch.examples() != 0) {
      return Optional.empty();
    }
    long positions = facts.sizes().get(axis).hint() / batch.examples();
    if (node.operator().equals("repeat")) {
      return isRepeated(node, axis)
          ? Optional.of(new BatchAxis(axis, 1, positions))
          : Optional.empty();
    }
    List<String> references =
        node.references()
            .filter(r -> axes.containsKey(r) && program.tensors().containsKey(r))
            .toList();
    for (String r : references) {
      BatchAxis from = java.util.Objects.requireNonNull(axes.get(r));
      TensorFacts theirs = java.util.Objects.requireNonNull(program.tensors().get(r));
      if (VIEWS.contains(node.operator())) {
        long stride = from.inner() * after(theirs, from.axis());
        long mine = after(facts, axis);
        if (stride % mine == 0 && positions % (stride / mine) == 0) {
          return Optional.of(new BatchAxis(axis, positions / (stride / mine), stride / mine));
        }
        return Optional.empty();
      }
      if (theirs.sizes().get(from.axis()).equals(facts.sizes().get(axis))) {
        return Optional.of(from.at(axis));
      }
    }
    return Optional.empty();
  }

  /** Whether a value is repeated as often as there are examples. */
  private boolean isRepeated(Node node, int axis) {
    return node.argument("repeats")
        .filter(Argument.Sequence.class::isInstance)
        .map(a -> ((Argument.Sequence) a).elements().get(axis))
        .filter(Argument.Reference.class::isInstance)
        .map(a -> program.numbers().get(((Argument.Reference) a).name()))
        .filter(size -> mentions(size) && size.symbol().isPresent())
        .isPresent();
  }

  /** Elements between neighbours along an axis, in row-major order. */
  private static long after(TensorFacts facts, int axis) {
    long product = 1;
    for (int k = axis + 1; k < facts.sizes().size(); k++) {
      product *= facts.sizes().get(k).hint();
    }
    return product;
  }
}
