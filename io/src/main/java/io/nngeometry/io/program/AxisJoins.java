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
        BatchAxis shifted =
            new BatchAxis(
                mine.axis() + rank - examples.shape(name).length, mine.outer(), mine.inner());
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
    return new BatchAxis(axis.axis() + (dim <= axis.axis() ? 1 : 0), axis.outer(), axis.inner());
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
        examples.requireOne(right, new BatchAxis(k, mine.outer(), mine.inner()), rank);
      }
      return new BatchAxis(k, mine.outer(), mine.inner());
    }
    BatchAxis mine = examples.leading(right, 2);
    BatchAxis shifted =
        new BatchAxis(
            mine.axis() + rank - examples.shape(right).length, mine.outer(), mine.inner());
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
