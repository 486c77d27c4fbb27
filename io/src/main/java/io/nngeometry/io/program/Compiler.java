package io.nngeometry.io.program;

import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Binds the calls of a program to operators and layers. */
final class Compiler {
  private static final Argument TRUE = new Argument.Literal(true);

  private final Program program;
  private final Context context;
  private final LayerBinder layers;
  private final ProductBinder products;
  private final ScaleBinder scales;
  private final CopyBinder copies;
  private final List<Uncovered> uncovered = new ArrayList<>();
  private final List<String> inTraining = new ArrayList<>();

  /** A use of parameters that no rule covers. */
  record Uncovered(String operator, List<Parameter> parameters) {}

  /**
   * What runs.
   *
   * @param slots where values stand in a frame
   * @param constants the buffers and constants, in a frame of their own
   * @param steps in order
   * @param layers by id
   * @param outputs gives the program's outputs
   * @param uncovered uses of parameters that no rule covers
   */
  record Compiled(
      Map<String, Integer> slots,
      Frame constants,
      List<Context.Bound> steps,
      Map<String, ParametricLayer> layers,
      List<Result> outputs,
      List<Uncovered> uncovered) {}

  /** Reads an output out of a frame. */
  interface Result {
    Tensor of(Frame frame);
  }

  private Compiler(Program program, Context context) {
    this.program = program;
    this.context = context;
    layers = new LayerBinder(context);
    products = new ProductBinder(context, layers);
    scales = new ScaleBinder(context, layers);
    copies = new CopyBinder(context, layers, products);
  }

  /**
   * Binds a program.
   *
   * @throws UnsupportedOperatorException naming all operators that are not known
   * @throws TrainingModeException naming the modules whose examples depend on each other
   */
  static Compiled compile(Program program, State state, Batch batch, Calls.Retyping retyping) {
    return new Compiler(program, new Context(program, state, batch, retyping)).compile();
  }

  private Compiled compile() {
    context.calls.check(program.nodes());
    for (Node node : program.nodes()) {
      if (!context.done.contains(node) && node.outputs().stream().anyMatch(Objects::nonNull)) {
        bind(node);
      }
    }
    if (!inTraining.isEmpty()) {
      throw new TrainingModeException(inTraining);
    }
    List<Result> outputs = outputs(); // may take slots
    return new Compiled(
        context.slots(),
        context.constants(),
        List.copyOf(context.steps),
        context.registry.layers(),
        outputs,
        List.copyOf(uncovered));
  }

  private List<Result> outputs() {
    List<Result> outputs = new ArrayList<>();
    for (Argument out : program.outputs()) {
      if (out instanceof Argument.Reference r && program.tensors().containsKey(r.name())) {
        int slot = context.slot(r.name());
        if (context.isDerived(r.name())) {
          Derived d = context.derivations.of(r.name());
          outputs.add(d::value);
        } else {
          outputs.add(frame -> frame.tensor(slot));
        }
      }
    }
    if (outputs.isEmpty()) {
      throw new IllegalArgumentException("it gives no tensor");
    }
    return outputs;
  }

  private void bind(Node node) {
    context.done.add(node);
    Flow.Kind kind =
        context.flow.of(node.outputs().stream().filter(Objects::nonNull).findFirst().get());
    if (kind == Flow.Kind.DERIVED
        || Operators.ignores(node)
        || (Operators.RESHAPING.contains(node.operator())
            && products.isMultiplied(node.output()))) {
      return; // computed where it is used
    }
    checkEvaluation(node);
    List<String> derived = node.references().filter(context::isDerived).distinct().toList();
    if (derived.isEmpty()) {
      bindWithoutParameters(node);
    } else if (!(scales.bind(node)
        || layers.bind(node)
        || products.bind(node)
        || copies.copied(node)
        || copies.elementwise(node))) {
      cannotCover(node, derived);
    }
  }

  /** Such a call may still use a matrix of parameters that was repeated for every example. */
  private void bindWithoutParameters(Node node) {
    Optional<String> repeated =
        node.reference("mat2")
            .filter(m -> node.operator().equals("bmm") && products.isMultiplied(m));
    if (repeated.isEmpty()) {
      context.add(node, context.calls.plain(node, !layers.othersUsed(node)));
    } else if (!products.bind(node)) {
      cannotCover(node, List.of(repeated.get()));
    }
  }

  /** Statistics of the minibatch are refused, unless they are those of each example. */
  private void checkEvaluation(Node node) {
    boolean training =
        node.operator().contains("batch_norm")
            && node.argument("training").filter(TRUE::equals).isPresent();
    if (training
        && context
            .axes
            .of(node.reference("input").orElse(""))
            .filter(a -> a.axis() == 1)
            .isEmpty()) {
      inTraining.add(node.module().isEmpty() ? node.shownOperator() : node.module());
    }
  }

  private void cannotCover(Node node, List<String> derived) {
    List<Parameter> parameters = new ArrayList<>();
    for (String name : derived) {
      Derived d = context.derivations.of(name);
      parameters.addAll(d.parameters());
      int slot = context.slot(name);
      context.add(node, frame -> frame.put(slot, d.value(frame)));
    }
    uncovered.add(new Uncovered(node.shownOperator(), parameters));
    context.add(node, context.calls.plain(node, !layers.othersUsed(node)));
  }
}
