package io.nngeometry.io.program;

import static io.nngeometry.io.program.AxisArguments.dims;
import static io.nngeometry.io.program.AxisArguments.first;
import static io.nngeometry.io.program.AxisArguments.list;

import io.nngeometry.io.program.Argument.Literal;
import io.nngeometry.io.program.Argument.Reference;
import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import java.util.ArrayList;
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
  private final ExampleAxes examples;
  private final AxisMoves moves;
  private final AxisJoins joins;

  private Generalisation(Program program, Batch batch) {
    this.program = program;
    this.examples = new ExampleAxes(program, batch.examples());
    this.moves = new AxisMoves(examples);
    this.joins = new AxisJoins(examples);
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
      long[] shape = examples.shape(input);
      if (shape.length == 0 || shape[0] != examples.count()) {
        throw new LostException();
      }
      examples.put(input, BatchAxis.FIRST);
    }
    for (int i = 0; i < program.nodes().size(); i++) {
      Node node = examples.nodes().get(i);
      for (@Nullable String out : node.outputs()) {
        if (out != null) {
          examples.producedBy(out, i);
        }
      }
      if (node.references().anyMatch(examples::isIn) && !Operators.ignores(node)) {
        follow(node, i);
      }
    }
    return rewritten();
  }

  private Program rewritten() {
    Map<String, TensorFacts> tensors = new LinkedHashMap<>(program.tensors());
    examples
        .all()
        .forEach(
            (name, axis) -> {
              TensorFacts facts = Objects.requireNonNull(tensors.get(name));
              List<Size> sizes = new ArrayList<>(facts.sizes());
              long hint = sizes.get(axis.axis()).hint();
              sizes.set(axis.axis(), size(hint / examples.count()));
              tensors.put(name, new TensorFacts(facts.type(), sizes));
            });
    Map<String, Size> numbers = new LinkedHashMap<>(program.numbers());
    List<Node> all = new ArrayList<>();
    all.add(
        new Node(
            "torch.ops.aten.sym_size.int",
            Map.of("self", new Reference(program.userInputs().get(0)), "dim", new Literal(0L)),
            List.of(ExampleAxes.EXAMPLES),
            ""));
    numbers.put(ExampleAxes.EXAMPLES, size(1));
    for (long m : examples.multiples()) {
      Map<String, Argument> arguments = new LinkedHashMap<>();
      arguments.put("a", new Reference(ExampleAxes.EXAMPLES));
      arguments.put("b", new Literal(m));
      all.add(new Node("_operator.mul", arguments, List.of(ExampleAxes.name(m)), ""));
      numbers.put(ExampleAxes.name(m), size(m));
    }
    all.addAll(examples.nodes());
    return new Program(
        program.inputs(), List.copyOf(all), program.outputs(), tensors, numbers, program.ranges());
  }

  private Size size(long multiple) {
    return new Size(multiple * examples.count(), Optional.of(ExampleAxes.name(multiple)));
  }

  private void follow(Node node, int index) {
    BatchAxis axis = axisAfter(node, index);
    for (@Nullable String out : node.outputs()) {
      if (out != null && program.tensors().containsKey(out)) {
        long[] shape = examples.shape(out);
        if (axis.axis() >= shape.length
            || shape[axis.axis()] != axis.outer() * axis.inner() * examples.count()) {
          throw new LostException();
        }
        examples.put(out, axis);
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
      return moves.reshaped(node, index);
    }
    if (REDUCTIONS.contains(op)) {
      return moves.reduced(node);
    }
    if (ALONG_AN_AXIS.contains(op)) {
      return moves.along(node);
    }
    if (Operators.ELEMENTWISE.contains(op) || Operators.POINTWISE.contains(op)) {
      return joins.broadcast(node, examples.shape(node.output()).length);
    }
    if (Operators.LEADING.contains(op)) {
      return moves.withinEach(node);
    }
    return switch (op) {
      case "permute" -> moves.moved(node, dims(node, "dims", examples.shape(first(node)).length));
      case "transpose", "t", "mT", "numpy_T", "swapaxes" -> moves.swapped(node);
      case "select", "unbind" -> moves.withoutAxis(node);
      case "expand" -> moves.expanded(node, index);
      case "cat" -> joins.concatenated(node);
      case "stack" -> joins.stacked(node);
      case "linear" -> examples.leading(first(node), 1);
      case "layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm" ->
          examples.leading(
              node.reference("input").orElseThrow(LostException::new),
              list(node, "normalized_shape").size());
      case "embedding" -> examples.axis(node.reference("indices").orElseThrow(LostException::new));
      case "pad", "constant_pad_nd" -> examples.leading(first(node), list(node, "pad").size() / 2);
      case "matmul", "mm", "bmm" -> joins.multiplied(node);
      case "addmm" -> examples.leading(node.reference("mat1").orElseThrow(LostException::new), 1);
      case "scaled_dot_product_attention" -> joins.attended(node);
      default -> throw new LostException();
    };
  }
}
