package io.nngeometry.io.program;

import static io.nngeometry.io.program.AxisArguments.dims;
import static io.nngeometry.io.program.AxisArguments.first;
import static io.nngeometry.io.program.AxisArguments.list;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the axis of the examples goes in calls with one operand. */
record AxisMoves(ExampleAxes examples) {
  /** Along an axis that is not that of the examples. */
  BatchAxis along(Node node) {
    BatchAxis from = examples.axis(first(node));
    List<Integer> dims = dims(node, "dim", examples.shape(first(node)).length);
    if (dims.isEmpty() || dims.contains(from.axis())) {
      throw new LostException();
    }
    return from;
  }

  /** Over what comes after the first axis, which is that of the examples. */
  BatchAxis withinEach(Node node) {
    BatchAxis from = examples.axis(first(node));
    if (from.axis() != 0 || !hasBatchAxis(node.operator(), examples.shape(first(node)).length)) {
      throw new LostException();
    }
    return from;
  }

  /** Operators over images also take a single one; {@code conv2d} of three axes has no batch. */
  private static boolean hasBatchAxis(String operator, int rank) {
    String spatial = operator.replaceAll(".*?(\\d)d.*|.*", "$1");
    return spatial.isEmpty() ? rank >= 2 : rank == Integer.parseInt(spatial) + 2;
  }

  /** No reshape changes how many elements lie between neighbouring examples. */
  BatchAxis reshaped(Node node, int index) {
    BatchAxis from = examples.axis(first(node));
    long[] before = examples.shape(first(node));
    long[] after = examples.shape(node.output());
    long stride = from.inner() * product(before, from.axis() + 1);
    @Nullable BatchAxis found = null;
    for (int k = 0; k < after.length; k++) {
      long inside = product(after, k + 1);
      if (stride % inside == 0 && after[k] % (stride / inside * examples.count()) == 0) {
        BatchAxis candidate =
            new BatchAxis(k, after[k] / (stride / inside * examples.count()), stride / inside);
        if (found == null || (candidate.isPlain() && !found.isPlain())) {
          found = candidate;
        }
      }
    }
    if (found == null) {
      throw new LostException();
    }
    switch (node.operator()) {
      case "view", "reshape", "_unsafe_view" ->
          examples.rewrite(
              index, node.arguments().containsKey("shape") ? "shape" : "size", found, 0);
      case "unflatten" -> {
        int dim = dims(node, "dim", before.length).get(0);
        if (found.axis() >= dim && found.axis() < dim + list(node, "sizes").size()) {
          examples.rewrite(index, "sizes", found, dim);
        }
      }
      default -> {
        // holds no size
      }
    }
    return found;
  }

  private static long product(long[] sizes, int from) {
    return Arrays.stream(sizes, from, sizes.length).reduce(1, (a, b) -> a * b);
  }

  BatchAxis reduced(Node node) {
    BatchAxis from = examples.axis(first(node));
    List<Integer> dims = dims(node, "dim", examples.shape(first(node)).length);
    boolean kept = node.isTrue("keepdim");
    if (dims.isEmpty() || dims.contains(from.axis())) {
      throw new LostException();
    }
    int gone = kept ? 0 : (int) dims.stream().distinct().filter(d -> d < from.axis()).count();
    return from.at(from.axis() - gone);
  }

  BatchAxis moved(Node node, List<Integer> dims) {
    BatchAxis from = examples.axis(first(node));
    int to = dims.indexOf(from.axis());
    if (to < 0) {
      throw new LostException();
    }
    return from.at(to);
  }

  BatchAxis swapped(Node node) {
    int rank = examples.shape(first(node)).length;
    List<Integer> dims = new ArrayList<>();
    for (int k = 0; k < rank; k++) {
      dims.add(k);
    }
    boolean named = node.argument("dim0").isPresent();
    int a = named ? dims(node, "dim0", rank).get(0) : Math.max(0, rank - 2);
    int b = named ? dims(node, "dim1", rank).get(0) : rank - 1;
    Collections.swap(dims, a, b);
    return moved(node, dims);
  }

  BatchAxis withoutAxis(Node node) {
    BatchAxis from = examples.axis(first(node));
    int dim = dims(node, "dim", examples.shape(first(node)).length).get(0);
    if (dim == from.axis()) {
      throw new LostException();
    }
    return from.at(from.axis() - (dim < from.axis() ? 1 : 0));
  }

  BatchAxis expanded(Node node, int index) {
    BatchAxis from = examples.axis(first(node));
    int added = examples.shape(node.output()).length - examples.shape(first(node)).length;
    BatchAxis to = from.at(from.axis() + added);
    examples.rewrite(index, "size", to, 0);
    return to;
  }
}
