package io.nngeometry.io.program;

import static io.nngeometry.io.program.AxisArguments.dims;
import static io.nngeometry.io.program.AxisArguments.first;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the axis of the examples is after calls with several operands. */
record AxisJoins(ExampleAxes examples) {
  /** All operands with examples have them along the same axis, counted from the last. */
  BatchAxis broadcast(Node node, int rank) {
    @Nullable BatchAxis found = null;
    for (String name : node.references().toList()) {
      if (examples.isIn(name)) {
        BatchAxis mine = examples.axis(name);
        BatchAxis shifted = mine.at(mine.axis() + rank - examples.shape(name).length);
        if (found != null && !found.equals(shifted)) {
          throw new LostException();
        }
        found = shifted;
      }
    }
    BatchAxis axis = Objects.requireNonNull(found);
    for (String name : node.references().toList()) {
      if (!examples.isIn(name)) {
        examples.requireOne(name, axis, rank);
      }
    }
    return axis;
  }

  BatchAxis concatenated(Node node) {
    int rank = examples.shape(node.output()).length;
    BatchAxis axis =
        node.references().filter(examples::isIn).map(examples::axis).findFirst().orElseThrow();
    if (dims(node, "dim", rank).contains(axis.axis())) {
      throw new LostException();
    }
    for (String name : node.references().toList()) {
      if (!examples.isIn(name)) {
        examples.demand(name, axis);
      } else if (!examples.axis(name).equals(axis)) {
        throw new LostException();
      }
    }
    return axis;
  }

  BatchAxis stacked(Node node) {
    BatchAxis axis = examples.axis(first(node));
    if (!node.references().allMatch(r -> examples.axis(r).equals(axis))) {
      throw new LostException();
    }
    int dim = dims(node, "dim", examples.shape(node.output()).length).get(0);
    return axis.at(axis.axis() + (dim <= axis.axis() ? 1 : 0));
  }

  BatchAxis multiplied(Node node) {
    List<String> operands = node.references().toList();
    int rank = examples.shape(node.output()).length;
    if (operands.size() != 2 || operands.stream().anyMatch(o -> examples.shape(o).length < 2)) {
      throw new LostException();
    }
    String left = operands.get(0);
    String right = operands.get(1);
    if (examples.isIn(left) && examples.isIn(right)) {
      // along a batch of matrices
      for (String o : operands) {
        examples.leading(o, 2);
      }
      return broadcast(node, rank);
    }
    if (examples.isIn(left)) {
      BatchAxis mine = examples.leading(left, 1);
      int k = mine.axis() + rank - examples.shape(left).length;
      if (k < rank - 2) {
        examples.requireOne(right, mine.at(k), rank);
      }
      return mine.at(k);
    }
    BatchAxis mine = examples.leading(right, 2);
    BatchAxis shifted = mine.at(mine.axis() + rank - examples.shape(right).length);
    examples.requireOne(left, shifted, rank);
    return shifted;
  }

  BatchAxis attended(Node node) {
    BatchAxis axis = examples.leading(node.reference("query").orElseThrow(LostException::new), 2);
    int rank = examples.shape(node.output()).length;
    for (String name : node.references().toList()) {
      if (!examples.isIn(name)) {
        examples.requireOne(name, axis, rank);
      } else if (!examples.axis(name).equals(axis)) {
        throw new LostException();
      }
    }
    return axis;
  }
}
