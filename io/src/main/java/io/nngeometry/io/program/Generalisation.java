package io.nngeometry.io.program;

import io.nngeometry.io.program.Argument.Literal;
import io.nngeometry.io.program.Argument.Reference;
import io.nngeometry.io.program.Argument.Sequence;
import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Programs whose export fixed the number of examples, for any number. The axis of the examples is
 * followed from call to call, and where a call holds its size as a constant, a symbol takes its
 * place. Only calls whose effect on the axes is known are followed: at any other the program stays
 * as it was.
 */
final class Generalisation {
  private static final String EXAMPLES = "examples";

  private static final Set<String> REDUCTIONS =
      Set.of(
          "sum",
          "mean",
          "amax",
          "amin",
          "max",
          "min",
          "prod",
          "var",
          "std",
          "var_mean",
          "std_mean",
          "logsumexp",
          "norm",
          "linalg_vector_norm",
          "argmax",
          "argmin",
          "all",
          "any");

  private static final Set<String> ALONG_AN_AXIS =
      Set.of(
          "softmax",
          "_softmax",
          "log_softmax",
          "_log_softmax",
          "softmin",
          "cumsum",
          "logcumsumexp",
          "cumprod",
          "sort",
          "slice",
          "narrow",
          "index_select",
          "split",
          "split_with_sizes",
          "chunk",
          "glu",
          "topk",
          "unfold");

  private final Program program;
  private final Batch batch;
  private final Map<String, BatchAxis> axes = new HashMap<>();
  private final Map<String, Integer> producers = new HashMap<>();
  private final List<Node> nodes;
  private final Set<Long> multiples = new java.util.TreeSet<>();

  /** A call whose effect on the axis of the examples is not known. */
  private static final class LostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LostException() {
      super(null, null, false, false);
    }
  }

  private Generalisation(Program program, Batch batch) {
    this.program = program;
    this.batch = batch;
    this.nodes = new ArrayList<>(program.nodes());
  }

  /** The program for any number of examples, if it can be made; else the program itself. */
  static Program of(Program program) {
    Batch batch = Batch.of(program);
    if (!batch.isFixed() || batch.examples() == 0) {
      return program;
    }
    try {
      return new Generalisation(program, batch).generalise();
    } catch (LostException | ArithmeticException e) {
      return program;
    }
  }

  private Program generalise() {
    for (String input : program.userInputs()) {
      long[] shape = shape(input);
      if (shape.length == 0 || shape[0] != batch.examples()) {
        throw new LostException();
      }
      axes.put(input, BatchAxis.FIRST);
    }
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      for (@Nullable String out : node.outputs()) {
        if (out != null) {
          producers.put(out, i);
        }
      }
      if (node.references().anyMatch(axes::containsKey) && !Operators.ignores(node)) {
        follow(node, i);
      }
    }
    return rewritten();
  }

  private Program rewritten() {
    Map<String, TensorFacts> tensors = new LinkedHashMap<>(program.tensors());
    axes.forEach(
        (name, axis) -> {
          TensorFacts facts = Objects.requireNonNull(tensors.get(name));
          List<Size> sizes = new ArrayList<>(facts.sizes());
          long hint = sizes.get(axis.axis()).hint();
          sizes.set(axis.axis(), size(hint / batch.examples()));
          tensors.put(name, new TensorFacts(facts.type(), sizes));
        });
    Map<String, Size> numbers = new LinkedHashMap<>(program.numbers());
    List<Node> all = new ArrayList<>();
    all.add(
        new Node(
            "torch.ops.aten.sym_size.int",
            Map.of("self", new Reference(program.userInputs().get(0)), "dim", new Literal(0L)),
            List.of(EXAMPLES),
            ""));
    numbers.put(EXAMPLES, size(1));
    for (long m : multiples) {
      Map<String, Argument> arguments = new LinkedHashMap<>();
      arguments.put("a", new Reference(EXAMPLES));
      arguments.put("b", new Literal(m));
      all.add(new Node("_operator.mul", arguments, List.of(name(m)), ""));
      numbers.put(name(m), size(m));
    }
    all.addAll(nodes);
    return new Program(
        program.inputs(), List.copyOf(all), program.outputs(), tensors, numbers, program.ranges());
  }

  private Size size(long multiple) {
    return new Size(multiple * batch.examples(), Optional.of(name(multiple)));
  }

  private static String name(long multiple) {
    return multiple == 1 ? EXAMPLES : multiple + "*" + EXAMPLES;
  }

  private void follow(Node node, int index) {
    BatchAxis axis = axisAfter(node, index);
    for (@Nullable String out : node.outputs()) {
      if (out != null && program.tensors().containsKey(out)) {
        long[] shape = shape(out);
        if (axis.axis() >= shape.length
            || shape[axis.axis()] != axis.outer() * axis.inner() * batch.examples()) {
          throw new LostException();
        }
        axes.put(out, axis);
      } else if (out != null) {
        throw new LostException(); // a number that depends on examples
      }
    }
  }

  private BatchAxis axisAfter(Node node, int index) {
    String op = node.operator();
    if (!node.isAten()) {
      throw new LostException();
    }
    if (Operators.RESHAPING.contains(op)) {
      return reshaped(node, index);
    }
    if (REDUCTIONS.contains(op)) {
      return reduced(node);
    }
    if (ALONG_AN_AXIS.contains(op)) {
      BatchAxis from = axis(first(node));
      List<Integer> dims = dims(node, "dim", shape(first(node)).length);
      if (dims.isEmpty() || dims.contains(from.axis())) {
        throw new LostException();
      }
      return from;
    }
    if (Operators.ELEMENTWISE.contains(op) || Operators.POINTWISE.contains(op)) {
      return broadcast(node, shape(node.output()).length);
    }
    if (Operators.LEADING.contains(op)) {
      BatchAxis from = axis(first(node));
      if (from.axis() != 0 || !hasBatchAxis(op, shape(first(node)).length)) {
        throw new LostException();
      }
      return from;
    }
    return switch (op) {
      case "permute" -> moved(node, dims(node, "dims", shape(first(node)).length));
      case "transpose", "t", "mT", "numpy_T", "swapaxes" -> swapped(node);
      case "select" -> withoutAxis(node);
      case "expand" -> expanded(node, index);
      case "cat" -> concatenated(node);
      case "stack" -> stacked(node);
      case "linear" -> leading(first(node), 1);
      case "layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm" ->
          leading(
              node.reference("input").orElseThrow(LostException::new),
              list(node, "normalized_shape").size());
      case "embedding" -> axis(node.reference("indices").orElseThrow(LostException::new));
      case "pad", "constant_pad_nd" -> leading(first(node), list(node, "pad").size() / 2);
      case "matmul", "mm", "bmm" -> multiplied(node);
      case "addmm" -> leading(node.reference("mat1").orElseThrow(LostException::new), 1);
      case "scaled_dot_product_attention" -> attended(node);
      default -> throw new LostException();
    };
  }

  /** Operators over images also take a single one; {@code conv2d} of three axes has no batch. */
  private static boolean hasBatchAxis(String operator, int rank) {
    String spatial = operator.replaceAll(".*?(\\d)d.*|.*", "$1");
    return spatial.isEmpty() ? rank >= 2 : rank == Integer.parseInt(spatial) + 2;
  }

  private static String first(Node node) {
    return node.references().findFirst().orElseThrow(LostException::new);
  }

  private BatchAxis axis(String name) {
    BatchAxis axis = axes.get(name);
    if (axis == null) {
      throw new LostException();
    }
    return axis;
  }

  private long[] shape(String name) {
    TensorFacts facts = program.tensors().get(name);
    if (facts == null) {
      throw new LostException();
    }
    return facts.hints();
  }

  /** Fails unless the examples run before the last {@code own} axes. */
  private BatchAxis leading(String name, int own) {
    BatchAxis axis = axis(name);
    if (axis.axis() >= shape(name).length - own) {
      throw new LostException();
    }
    return axis;
  }

  /** No reshape changes how many elements lie between neighbouring examples. */
  private BatchAxis reshaped(Node node, int index) {
    BatchAxis from = axis(first(node));
    long[] before = shape(first(node));
    long[] after = shape(node.output());
    long stride = from.inner() * product(before, from.axis() + 1);
    @Nullable BatchAxis found = null;
    for (int k = 0; k < after.length; k++) {
      long inside = product(after, k + 1);
      if (stride % inside == 0 && after[k] % (stride / inside * batch.examples()) == 0) {
        BatchAxis candidate =
            new BatchAxis(k, after[k] / (stride / inside * batch.examples()), stride / inside);
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
          rewrite(index, node.arguments().containsKey("shape") ? "shape" : "size", found, 0);
      case "unflatten" -> {
        int dim = dims(node, "dim", before.length).get(0);
        if (found.axis() >= dim && found.axis() < dim + list(node, "sizes").size()) {
          rewrite(index, "sizes", found, dim);
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

  /** Puts the symbol in place of the constant in a list of sizes. */
  private void rewrite(int index, String argument, BatchAxis axis, int firstAxis) {
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

  private BatchAxis reduced(Node node) {
    BatchAxis from = axis(first(node));
    List<Integer> dims = dims(node, "dim", shape(first(node)).length);
    boolean kept = node.argument("keepdim").filter(new Literal(true)::equals).isPresent();
    if (dims.isEmpty() || dims.contains(from.axis())) {
      throw new LostException();
    }
    int gone = kept ? 0 : (int) dims.stream().distinct().filter(d -> d < from.axis()).count();
    return new BatchAxis(from.axis() - gone, from.outer(), from.inner());
  }

  /** All operands with examples have them along the same axis, counted from the last. */
  private BatchAxis broadcast(Node node, int rank) {
    @Nullable BatchAxis found = null;
    for (String name : node.references().toList()) {
      if (axes.containsKey(name)) {
        BatchAxis mine = axis(name);
        BatchAxis shifted =
            new BatchAxis(mine.axis() + rank - shape(name).length, mine.outer(), mine.inner());
        if (found != null && !found.equals(shifted)) {
          throw new LostException();
        }
        found = shifted;
      }
    }
    BatchAxis axis = Objects.requireNonNull(found);
    for (String name : node.references().toList()) {
      if (!axes.containsKey(name)) {
        requireOne(name, axis, rank);
      }
    }
    return axis;
  }

  /** An operand without examples of its own must not have a fixed number of them either. */
  private void requireOne(String name, BatchAxis axis, int rank) {
    long[] shape = shape(name);
    int k = axis.axis() - (rank - shape.length);
    if (k >= 0 && shape[k] != 1) {
      demand(name, new BatchAxis(k, axis.outer(), axis.inner()));
    }
  }

  /** Makes a call that copied for the fixed number of examples copy for any. */
  private void demand(String name, BatchAxis axis) {
    Integer index = producers.get(name);
    if (index == null || !axis.isPlain() || !nodes.get(index).operator().equals("expand")) {
      throw new LostException();
    }
    rewrite(index, "size", axis, 0);
    axes.put(name, axis);
  }

  private BatchAxis moved(Node node, List<Integer> dims) {
    BatchAxis from = axis(first(node));
    int to = dims.indexOf(from.axis());
    if (to < 0) {
      throw new LostException();
    }
    return new BatchAxis(to, from.outer(), from.inner());
  }

  private BatchAxis swapped(Node node) {
    int rank = shape(first(node)).length;
    List<Integer> dims = new ArrayList<>();
    for (int k = 0; k < rank; k++) {
      dims.add(k);
    }
    boolean named = node.argument("dim0").isPresent();
    int a = named ? dims(node, "dim0", rank).get(0) : Math.max(0, rank - 2);
    int b = named ? dims(node, "dim1", rank).get(0) : rank - 1;
    java.util.Collections.swap(dims, a, b);
    return moved(node, dims);
  }

  private BatchAxis withoutAxis(Node node) {
    BatchAxis from = axis(first(node));
    int dim = dims(node, "dim", shape(first(node)).length).get(0);
    if (dim == from.axis()) {
      throw new LostException();
    }
    return new BatchAxis(from.axis() - (dim < from.axis() ? 1 : 0), from.outer(), from.inner());
  }

  private BatchAxis expanded(Node node, int index) {
    BatchAxis from = axis(first(node));
    int added = shape(node.output()).length - shape(first(node)).length;
    BatchAxis to = new BatchAxis(from.axis() + added, from.outer(), from.inner());
    rewrite(index, "size", to, 0);
    return to;
  }

  private BatchAxis concatenated(Node node) {
    int rank = shape(node.output()).length;
    BatchAxis axis =
        node.references().filter(axes::containsKey).map(this::axis).findFirst().orElseThrow();
    if (dims(node, "dim", rank).contains(axis.axis())) {
      throw new LostException();
    }
    for (String name : node.references().toList()) {
      if (!axes.containsKey(name)) {
        demand(name, axis);
      } else if (!axis(name).equals(axis)) {
        throw new LostException();
      }
    }
    return axis;
  }

  private BatchAxis stacked(Node node) {
    BatchAxis axis = axis(first(node));
    if (!node.references().allMatch(r -> axis(r).equals(axis))) {
      throw new LostException();
    }
    int dim = dims(node, "dim", shape(node.output()).length).get(0);
    return new BatchAxis(axis.axis() + (dim <= axis.axis() ? 1 : 0), axis.outer(), axis.inner());
  }

  private BatchAxis multiplied(Node node) {
    List<String> operands = node.references().toList();
    int rank = shape(node.output()).length;
    if (operands.size() != 2 || operands.stream().anyMatch(o -> shape(o).length < 2)) {
      throw new LostException();
    }
    String left = operands.get(0);
    String right = operands.get(1);
    if (axes.containsKey(left) && axes.containsKey(right)) {
      // along a batch of matrices
      for (String o : operands) {
        leading(o, 2);
      }
      return broadcast(node, rank);
    }
    if (axes.containsKey(left)) {
      BatchAxis mine = leading(left, 1);
      int k = mine.axis() + rank - shape(left).length;
      if (k < rank - 2) {
        requireOne(right, new BatchAxis(k, mine.outer(), mine.inner()), rank);
      }
      return new BatchAxis(k, mine.outer(), mine.inner());
    }
    BatchAxis mine = leading(right, 2);
    BatchAxis shifted =
        new BatchAxis(mine.axis() + rank - shape(right).length, mine.outer(), mine.inner());
    requireOne(left, shifted, rank);
    return shifted;
  }

  private BatchAxis attended(Node node) {
    BatchAxis axis = leading(node.reference("query").orElseThrow(LostException::new), 2);
    int rank = shape(node.output()).length;
    for (String name : node.references().toList()) {
      if (!axes.containsKey(name)) {
        requireOne(name, axis, rank);
      } else if (!axis(name).equals(axis)) {
        throw new LostException();
      }
    }
    return axis;
  }

  /** Axes that an argument names, counted from the first; none if it is not given. */
  private static List<Integer> dims(Node node, String name, int rank) {
    List<Integer> dims = new ArrayList<>();
    Optional<Argument> given = node.argument(name);
    if (given.isEmpty()) {
      return switch (node.operator()) {
        case "cat", "stack", "chunk", "split", "split_with_sizes", "slice" -> List.of(0);
        case "glu", "sort", "topk" -> List.of(rank - 1);
        default -> dims;
      };
    }
    for (Argument a : given.get() instanceof Sequence s ? s.elements() : List.of(given.get())) {
      if (!(a instanceof Literal l && l.value() instanceof Long d) || d < -rank || d >= rank) {
        throw new LostException();
      }
      dims.add((int) (d < 0 ? d + rank : d));
    }
    return dims;
  }

  private static List<Argument> list(Node node, String name) {
    if (node.argument(name).orElseThrow(LostException::new) instanceof Sequence s) {
      return s.elements();
    }
    throw new LostException();
  }
}
