package io.nngeometry.io.program;

import static io.nngeometry.io.program.AxisArguments.list;

import io.nngeometry.io.program.Argument.Literal;
import io.nngeometry.io.program.Argument.Reference;
import io.nngeometry.io.program.Argument.Sequence;
import io.nngeometry.io.program.Program.TensorFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the examples are in the tensors of a program, as far as it was followed, and its calls, in
 * which a symbol takes the place of their number.
 */
final class ExampleAxes {
  /** Name of the number of examples. */
  static final String EXAMPLES = "examples";

  private final Program program;
  private final long count;
  private final List<Node> nodes;
  private final Map<String, BatchAxis> axes = new HashMap<>();
  private final Map<String, Integer> producers = new HashMap<>();
  private final Set<Long> multiples = new TreeSet<>();

  /**
   * Nothing followed yet.
   *
   * @param count how many examples the export fixed
   */
  ExampleAxes(Program program, long count) {
    this.program = program;
    this.count = count;
    this.nodes = new ArrayList<>(program.nodes());
  }

  /** How many examples the export fixed. */
  long count() {
    return count;
  }

  /** The calls, as they are by now. */
  List<Node> nodes() {
    return nodes;
  }

  /** Multiples of the number of examples that calls hold, but for one. */
  Set<Long> multiples() {
    return multiples;
  }

  /** The axis in every tensor that has examples. */
  Map<String, BatchAxis> all() {
    return axes;
  }

  /** Notes that the call of this index makes a tensor or number. */
  void producedBy(String name, int index) {
    producers.put(name, index);
  }

  /** Notes where the examples are in a tensor. */
  void put(String name, BatchAxis axis) {
    axes.put(name, axis);
  }

  /** Whether there are examples in it. */
  boolean isIn(String name) {
    return axes.containsKey(name);
  }

  /** Where the examples are in it. */
  BatchAxis axis(String name) {
    BatchAxis axis = axes.get(name);
    if (axis == null) {
      throw new LostException();
    }
    return axis;
  }

  /** Its shape when the program was exported. */
  long[] shape(String name) {
    TensorFacts facts = program.tensors().get(name);
    if (facts == null) {
      throw new LostException();
    }
    return facts.hints();
  }

  /** Fails unless the examples run before the last {@code own} axes. */
  BatchAxis leading(String name, int own) {
    BatchAxis axis = axis(name);
    if (axis.axis() >= shape(name).length - own) {
      throw new LostException();
    }
    return axis;
  }

  /** Puts the symbol in place of the constant in a list of sizes. */
  void rewrite(int index, String argument, BatchAxis axis, int firstAxis) {
    Node node = nodes.get(index);
    List<Argument> sizes = new ArrayList<>(list(node, argument));
    int place = axis.axis() - firstAxis;
    if (place >= sizes.size()) {
      throw new LostException();
    }
    if (sizes.get(place).equals(new Literal(-1L))) {
      return;
    }
    long multiple = axis.outer() * axis.inner();
    if (multiple > 1) {
      multiples.add(multiple);
    }
    sizes.set(place, new Reference(name(multiple)));
    Map<String, Argument> arguments = new LinkedHashMap<>(node.arguments());
    arguments.put(argument, new Sequence(sizes));
    nodes.set(index, new Node(node.target(), arguments, node.outputs(), node.module()));
  }

  /** An operand without examples of its own must not have a fixed number of them either. */
  void requireOne(String name, BatchAxis axis, int rank) {
    long[] shape = shape(name);
    int k = axis.axis() - (rank - shape.length);
    if (k >= 0 && shape[k] != 1) {
      demand(name, axis.at(k));
    }
  }

  /** Makes a call that copied for the fixed number of examples copy for any. */
  void demand(String name, BatchAxis axis) {
    Integer index = producers.get(name);
    if (index == null || !axis.isPlain() || !nodes.get(index).operator().equals("expand")) {
      throw new LostException();
    }
    rewrite(index, "size", axis, 0);
    axes.put(name, axis);
  }

  /** Name of a multiple of the number of examples. */
  static String name(long multiple) {
    return multiple == 1 ? EXAMPLES : multiple + "*" + EXAMPLES;
  }
}
