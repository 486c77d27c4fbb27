package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.program.Derived.Making;
import io.nngeometry.io.program.Program.TensorFacts;
import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Binds the calls of a program to operators and layers. */
final class Compiler {
  private static final double MAX_ELEMENTS = 1L << 31;

  /** Operators whose results grow with a single number. */
  private static final Set<String> GROWING =
      Set.of("arange", "linspace", "eye", "repeat_interleave", "one_hot", "scalar_tensor");

  private static final Argument TRUE = new Argument.Literal(true);
  private static final Argument TRANSPOSED =
      new Argument.Sequence(List.of(new Argument.Literal(1L), new Argument.Literal(0L)));

  private final Program program;
  private final State state;
  private final Batch batch;
  private final Retyping retyping;
  private final Map<String, Integer> slots = new HashMap<>();
  private final Map<String, Operator> operators = new HashMap<>();
  private final Flow flow;
  private final BatchAxes axes;
  private final Derivations derivations;
  private final LayerRegistry registry;
  private final List<Bound> steps = new ArrayList<>();
  private final Set<Node> done = new HashSet<>();
  private final List<Uncovered> uncovered = new ArrayList<>();
  private final Set<String> unsupported = new LinkedHashSet<>();
  private final List<String> inTraining = new ArrayList<>();

  /** The floating type that the program's constants name, and the one that it computes in. */
  record Retyping(ScalarType from, ScalarType to) {
    Argument apply(Argument argument) {
      return argument.equals(new Argument.Literal((long) from.value))
          ? new Argument.Literal((long) to.value)
          : argument;
    }
  }

  /** A use of parameters that no rule covers. */
  record Uncovered(String operator, List<Parameter> parameters) {}

  /**
   * What runs.
   *
   * @param slots where values stand in a frame
   * @param steps in order
   * @param layers by id
   * @param outputs gives the program's outputs
   * @param uncovered uses of parameters that no rule covers
   */
  record Compiled(
      Map<String, Integer> slots,
      List<Bound> steps,
      Map<String, ParametricLayer> layers,
      List<Result> outputs,
      List<Uncovered> uncovered) {}

  /**
   * A step with its place in the program.
   *
   * @param shown operator and module, for messages
   */
  record Bound(String shown, Step step) {}

  /** Reads an output out of a frame. */
  interface Result {
    Tensor of(Frame frame);
  }

  private Compiler(Program program, State state, Batch batch, Retyping retyping) {
    this.program = program;
    this.state = state;
    this.batch = batch;
    this.retyping = retyping;
    program.inputs().forEach(i -> slot(i.name()));
    flow = new Flow(program, batch.symbols());
    axes = new BatchAxes(program, batch);
    derivations = new Derivations(program, state, flow, this::slot, this::step);
    registry = new LayerRegistry(state);
  }

  /**
   * Binds a program.
   *
   * @throws UnsupportedOperatorException naming all operators that are not known
   * @throws TrainingModeException naming the modules whose examples depend on each other
   */
  static Compiled compile(Program program, State state, Batch batch, Retyping retyping) {
    return new Compiler(program, state, batch, retyping).compile();
  }

  private Compiled compile() {
    checkOperators();
    for (Node node : program.nodes()) {
      if (!done.contains(node) && node.outputs().stream().anyMatch(Objects::nonNull)) {
        bind(node);
      }
    }
    if (!inTraining.isEmpty()) {
      throw new TrainingModeException(inTraining);
    }
    List<Result> outputs = new ArrayList<>();
    for (Argument out : program.outputs()) {
      if (out instanceof Argument.Reference r && program.tensors().containsKey(r.name())) {
        int slot = slot(r.name());
        if (flow.of(r.name()) == Flow.Kind.DERIVED) {
          Derived d = derivations.of(r.name());
          outputs.add(d::value);
        } else {
          outputs.add(frame -> frame.tensor(slot));
        }
      }
    }
    if (outputs.isEmpty()) {
      throw new IllegalArgumentException("it gives no tensor");
    }
    return new Compiled(
        Map.copyOf(slots), List.copyOf(steps), registry.layers(), outputs, List.copyOf(uncovered));
  }

  private void checkOperators() {
    for (Node node : program.nodes()) {
      if (Operators.ignores(node) || node.outputs().stream().allMatch(Objects::isNull)) {
        continue;
      }
      boolean known =
          node.isAten()
              ? Operators.allows(node.operator()) && operator(node).isPresent()
              : NumberCall.of(node, this::slot).isPresent();
      if (!known) {
        unsupported.add(ProgramReader.shown(node.shownOperator()));
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedOperatorException(List.copyOf(unsupported));
    }
  }

  private void add(Node node, Step step) {
    String module = node.module().isEmpty() ? "" : " of " + ProgramReader.shown(node.module());
    steps.add(new Bound(node.shownOperator() + module, step));
  }

  private int slot(String name) {
    Integer slot = slots.get(name);
    if (slot == null) {
      slot = slots.size();
      slots.put(name, slot);
    }
    return slot;
  }

  private void bind(Node node) {
    done.add(node);
    Flow.Kind kind = flow.of(node.outputs().stream().filter(Objects::nonNull).findFirst().get());
    if (kind == Flow.Kind.DERIVED
        || Operators.ignores(node)
        || (Operators.RESHAPING.contains(node.operator()) && isMultiplied(node.output()))) {
      return; // computed where it is used
    }
    checkEvaluation(node);
    List<String> derived = node.references().filter(this::isDerived).distinct().toList();
    if (derived.isEmpty()) {
      bindWithoutParameters(node);
    } else if (!(affine(node)
        || layer(node)
        || product(node)
        || copied(node)
        || elementwise(node))) {
      cannotCover(node, derived);
    }
  }

  /** Such a call may still use a matrix of parameters that was repeated for every example. */
  private void bindWithoutParameters(Node node) {
    Optional<String> repeated =
        node.reference("mat2").filter(m -> node.operator().equals("bmm") && isMultiplied(m));
    if (repeated.isEmpty()) {
      add(node, plain(node));
    } else if (!product(node)) {
      cannotCover(node, List.of(repeated.get()));
    }
  }

  /** Statistics of the minibatch are refused, unless they are those of each example. */
  private void checkEvaluation(Node node) {
    boolean training =
        node.operator().contains("batch_norm")
            && node.argument("training").filter(TRUE::equals).isPresent();
    if (training
        && axes.of(node.reference("input").orElse("")).filter(a -> a.axis() == 1).isEmpty()) {
      inTraining.add(node.module().isEmpty() ? node.shownOperator() : node.module());
    }
  }

  private boolean isDerived(String name) {
    return flow.of(name) == Flow.Kind.DERIVED;
  }

  /** A call without parameters; convolutions in the form that no known input crashes. */
  private Step plain(Node node) {
    if (node.operator().startsWith("conv")) {
      Optional<Parametrised> p = Parametrised.of(node, values());
      if (p.isPresent() && p.get().weight().isPresent()) {
        int in = slot(p.get().input());
        int weight = slot(p.get().weight().get());
        int bias = p.get().bias().map(this::slot).orElse(-1);
        int out = slot(node.output());
        Form form = p.get().form();
        return frame ->
            frame.put(
                out,
                form.compute(
                    frame.tensor(in), frame.tensor(weight), bias < 0 ? null : frame.tensor(bias)));
      }
    }
    return step(node);
  }

  /** The step of a call whose arguments stand in the frame. */
  private Step step(Node node) {
    if (node.operator().endsWith("dropout") && node.isAten()) {
      int in = slot(node.references().findFirst().orElseThrow());
      int out = slot(node.output());
      return frame -> frame.put(out, frame.tensor(in));
    }
    Optional<Step> arithmetic = NumberCall.of(node, this::slot);
    if (arithmetic.isPresent()) {
      return arithmetic.get();
    }
    return Composite.of(node, this::slot).orElseGet(() -> call(Rewriting.of(node).orElse(node)));
  }

  /** A call through the dispatcher. */
  private Step call(Node node) {
    Operator operator = operator(node).orElseThrow();
    checkSizes(node);
    List<Boxing> boxings = new ArrayList<>();
    Set<String> given = new HashSet<>(node.arguments().keySet());
    for (Operator.Slot s : operator.slots()) {
      Argument a = node.arguments().get(s.name());
      given.remove(s.name());
      if (a != null && s.plainType().equals("ScalarType")) {
        a = retyping.apply(a);
      }
      try {
        boxings.add(Boxing.of(s, a, this::slot));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s, argument '%s': %s".formatted(node.shownOperator(), s.name(), e.getMessage()), e);
      }
    }
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(
          "%s takes no '%s'"
              .formatted(node.shownOperator(), ProgramReader.shown(given.iterator().next())));
    }
    int[] outputs =
        node.outputs().stream()
            .mapToInt((@Nullable String o) -> o == null ? -1 : slot(o))
            .toArray();
    return new Call(operator, boxings, outputs);
  }

  /** No list of sizes, paddings or repeats in a program may ask for absurd amounts of memory. */
  private static void checkSizes(Node node) {
    for (Map.Entry<String, Argument> e : node.arguments().entrySet()) {
      double product = 1;
      List<Argument> elements =
          e.getValue() instanceof Argument.Sequence s ? s.elements() : List.of();
      if (GROWING.contains(node.operator())) {
        elements =
            e.getValue() instanceof Argument.Sequence s ? s.elements() : List.of(e.getValue());
      }
      for (Argument a : elements) {
        if (a instanceof Argument.Literal l && l.value() instanceof Number n) {
          product *= Math.max(1, Math.abs(n.doubleValue()));
        }
      }
      if (product > MAX_ELEMENTS) {
        throw new IllegalArgumentException(
            "%s asks for %.3g elements".formatted(node.shownOperator(), product));
      }
    }
  }

  private Optional<Operator> operator(Node node) {
    Operator known = operators.get(node.target());
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Operator> found = Operator.find(node.operator(), node.overload());
    found.ifPresent(o -> operators.put(node.target(), o));
    return found;
  }

  private Parametrised.Values values() {
    return new Parametrised.Values() {
      @Override
      public Optional<Tensor> constant(String name) {
        return Optional.ofNullable(state.others().get(name));
      }

      @Override
      public long[] shape(String name) {
        return Compiler.this.shape(name);
      }
    };
  }

  private long[] shape(String name) {
    TensorFacts facts = program.tensors().get(name);
    return facts == null ? new long[0] : facts.hints();
  }

  /** An operator with parameters. */
  private boolean layer(Node node) {
    Optional<Parametrised> found = Parametrised.of(node, values());
    if (found.isEmpty() || othersUsed(node)) {
      return false;
    }
    Parametrised p = found.get();
    return layer(node, p.form(), p.input(), p.weight(), p.bias());
  }

  private boolean othersUsed(Node node) {
    return node.outputs().stream()
        .skip(1)
        .anyMatch((@Nullable String o) -> o != null && flow.isUsed(o));
  }

  private boolean layer(
      Node node, Form form, String input, Optional<String> weight, Optional<String> bias) {
    Optional<BatchAxis> axis = axes.of(input);
    if (flow.of(input) != Flow.Kind.BATCH
        || axis.isEmpty()
        || !(fits(axis.get(), form, shape(input).length) || isFolded(axis.get(), form))
        || weight.filter(w -> !isDerived(w)).isPresent()) {
      return false;
    }
    Optional<Derived> w = weight.map(derivations::of);
    Optional<Derived> b = bias.filter(this::isDerived).map(derivations::of);
    if (w.isEmpty() && b.isEmpty()
        || Stream.of(w, b).flatMap(Optional::stream).anyMatch(Derived::dynamic)) {
      return false;
    }
    ParametricLayer layer = layer(node, form, w, b);
    Operand weightOperand = operand(weight, w);
    Operand biasOperand = operand(bias, b);
    int in = slot(input);
    int out = slot(node.output());
    BatchAxis place = axis.get();
    if (isFolded(place, form)) {
      add(
          node,
          new FoldedUse(
              layer,
              (x, frame) -> form.compute(x, weightOperand.value(frame), biasOperand.value(frame)),
              place,
              in,
              out));
      return true;
    }
    add(
        node,
        frame -> {
          Tensor x = place.toFront(frame.tensor(in), frame.examples());
          Tensor y =
              ForwardPass.current()
                  .apply(
                      layer,
                      x,
                      t -> form.compute(t, weightOperand.value(frame), biasOperand.value(frame)));
          frame.put(out, place.fromFront(y));
        });
    return true;
  }

  /** Whether the form knows no positions, and these are folded into the axis of the examples. */
  private static boolean isFolded(BatchAxis axis, Form form) {
    return form.ownAxes() < 0 && axis.axis() == 0 && !axis.isPlain();
  }

  private static boolean fits(BatchAxis axis, Form form, int rank) {
    return form.ownAxes() < 0 ? axis.equals(BatchAxis.FIRST) : axis.axis() < rank - form.ownAxes();
  }

  /** A weight or bias at run time. */
  private interface Operand {
    @Nullable Tensor value(Frame frame);
  }

  private Operand operand(Optional<String> name, Optional<Derived> derived) {
    if (derived.isPresent()) {
      Derived d = derived.get();
      return d::value;
    }
    if (name.isEmpty()) {
      return frame -> null;
    }
    int slot = slot(name.get());
    return frame -> frame.tensor(slot);
  }

  private ParametricLayer layer(Node node, Form form, Optional<Derived> w, Optional<Derived> b) {
    StringBuilder key = new StringBuilder(node.operator());
    node.arguments()
        .forEach(
            (name, a) -> {
              if (a.references().findAny().isEmpty()) {
                key.append(';').append(name).append('=').append(a);
              }
            });
    key.append('|').append(w.map(Derived::signature)).append('|').append(b.map(Derived::signature));
    Set<Parameter> parameters = new LinkedHashSet<>();
    w.ifPresent(d -> parameters.addAll(d.parameters()));
    b.ifPresent(d -> parameters.addAll(d.parameters()));
    return registry.layer(
        key.toString(),
        form.kind(),
        List.copyOf(parameters),
        () -> rule(form, w, b),
        node.module(),
        node.output());
  }

  private LayerRule rule(Form form, Optional<Derived> w, Optional<Derived> b) {
    Map<Parameter, Derived> weights = new IdentityHashMap<>();
    @Nullable Parameter weight = w.map(d -> effective(d, form, weights)).orElse(null);
    @Nullable Parameter bias = b.map(d -> effective(d, form, weights)).orElse(null);
    LayerRule rule = form.rule(weight, bias);
    boolean direct =
        weights.entrySet().stream().allMatch(e -> e.getValue().parameters().contains(e.getKey()));
    return direct ? rule : new DerivedRule(rule, weights, this::constants);
  }

  private Parameter effective(Derived d, Form form, Map<Parameter, Derived> weights) {
    if (form.ignoresShape() && d.reshaped().isPresent()) {
      weights.put(d.reshaped().get(), d);
      return d.reshaped().get();
    }
    return effective(d, weights);
  }

  /** A parameter of the shape of an effective weight, which it stands for in a rule. */
  private Parameter effective(Derived d, Map<Parameter, Derived> weights) {
    Parameter p =
        d.itself()
            .orElseGet(
                () -> {
                  try (io.nngeometry.engine.Scope scope = io.nngeometry.engine.Scope.open()) {
                    return new Parameter(d.value(constants(), q -> q.tensor().detach()));
                  }
                });
    weights.put(p, d);
    return p;
  }

  /** A frame with the buffers and constants alone. */
  private Frame constants() {
    Frame frame = new Frame(slots.size(), new Tensor());
    state.others().forEach((name, t) -> frame.put(slot(name), t));
    return frame;
  }

  /** A product with a matrix of parameters; of a transposed one it is a linear layer. */
  private boolean product(Node node) {
    if (!Set.of("mm", "matmul", "addmm", "bmm").contains(node.operator())) {
      return false;
    }
    boolean shifted = node.operator().equals("addmm");
    Optional<String> in = node.reference(shifted ? "mat1" : "self");
    Optional<String> weight =
        node.reference(node.operator().equals("matmul") ? "other" : "mat2")
            .map(this::matrix)
            .filter(w -> isDerived(w) && shape(w).length == 2);
    Optional<String> bias = shifted ? node.reference("self") : Optional.empty();
    if (in.isEmpty()
        || weight.isEmpty()
        || shape(in.get()).length < 2
        || !isOne(node, "beta")
        || !isOne(node, "alpha")) {
      return false;
    }
    Optional<String> stored = transposed(weight.get());
    if (stored.isPresent()) {
      return layer(node, new Forms.Linear(), in.get(), stored, bias);
    }
    if (bias.isEmpty()) {
      return layer(node, new Forms.Product(), in.get(), weight, bias);
    }
    return productThenBias(node, in.get(), weight.get(), bias.get());
  }

  /** The one matrix that a batch of matrices repeats, if it is such a batch. */
  private String matrix(String name) {
    String matrix = name;
    while (shape(matrix).length > 2) {
      Optional<Node> node = flow.producer(matrix);
      String from = node.flatMap(n -> n.references().findFirst()).orElse("");
      boolean same =
          node.isPresent()
              && Operators.RESHAPING.contains(node.get().operator())
              && Arrays.equals(shape(from), shape(matrix));
      boolean repeats =
          node.isPresent() && node.get().operator().equals("expand") && isRepeated(from, matrix);
      if (!same && !repeats) {
        return name;
      }
      matrix = from;
    }
    return matrix;
  }

  private boolean isRepeated(String from, String batch) {
    long[] many = shape(batch);
    return shape(from).length == 2
        && Arrays.equals(shape(from), Arrays.copyOfRange(many, many.length - 2, many.length));
  }

  /** Whether a value serves as the right matrix of products alone. */
  private boolean isMultiplied(String name) {
    return !matrix(name).equals(name)
        && flow.users(name).stream()
            .allMatch(
                n ->
                    (n.operator().equals("bmm")
                            && n.reference("mat2").equals(Optional.of(name))
                            && !n.reference("self").equals(Optional.of(name)))
                        || (Operators.RESHAPING.contains(n.operator())
                            && isMultiplied(n.output())));
  }

  private static boolean isOne(Node node, String name) {
    return node.argument(name)
        .map(
            a ->
                a instanceof Argument.Literal l
                    && l.value() instanceof Number n
                    && n.doubleValue() == 1)
        .orElse(true);
  }

  /** The stored matrix that a value is the transpose of. */
  private Optional<String> transposed(String name) {
    return flow.producer(name)
        .filter(n -> Set.of("t", "transpose", "permute", "numpy_T", "mT").contains(n.operator()))
        .map(n -> n.references().findFirst().orElseThrow())
        .filter(r -> isDerived(r) && shape(r).length == 2)
        .filter(r -> shape(r)[0] != shape(r)[1] || swaps(flow.producer(name).orElseThrow()));
  }

  /**
   * Whether a call exchanges the axes of a matrix, which the shape of a square one does not tell.
   */
  private static boolean swaps(Node node) {
    return switch (node.operator()) {
      case "transpose" -> !node.argument("dim0").equals(node.argument("dim1"));
      case "permute" -> node.argument("dims").filter(TRANSPOSED::equals).isPresent();
      default -> true;
    };
  }

  private boolean productThenBias(Node node, String input, String weight, String bias) {
    Optional<Parameter> b =
        isDerived(bias) ? derivations.of(bias).itself() : Optional.<Parameter>empty();
    Optional<BatchAxis> axis = axes.of(node.output());
    if (b.isEmpty() || axis.isEmpty() || b.get().shape().length != 1) {
      return false;
    }
    Node product =
        new Node(
            "torch.ops.aten.mm.default",
            Map.of("self", new Argument.Reference(input), "mat2", new Argument.Reference(weight)),
            node.outputs(),
            node.module());
    if (!layer(product, new Forms.Product(), input, Optional.of(weight), Optional.empty())) {
      return false;
    }
    registry.bare(b.get());
    int out = slot(node.output());
    Parameter shift = b.get();
    BatchAxis place = axis.get();
    add(
        node,
        frame -> {
          Tensor y = place.toFront(frame.tensor(out), frame.examples());
          frame.put(out, place.fromFront(y.add(shift.over(y))));
        });
    return true;
  }

  /** A module that scales its input, shifts it, or both. */
  private boolean affine(Node node) {
    boolean scales = node.operator().equals("mul");
    boolean shifts = node.operator().equals("add") && isOne(node, "alpha");
    if (!(scales || shifts) || node.outputs().size() != 1) {
      return false;
    }
    List<String> operands = node.references().toList();
    if (operands.size() != 2 || isDerived(operands.get(0)) == isDerived(operands.get(1))) {
      return false;
    }
    String x = operands.get(isDerived(operands.get(0)) ? 1 : 0);
    String first = operands.get(isDerived(operands.get(0)) ? 0 : 1);
    Optional<Node> next =
        scales
            ? flow.onlyUser(node.output())
                .filter(n -> n.operator().equals("add") && isOne(n, "alpha"))
                .filter(n -> n.references().filter(this::isDerived).count() == 1)
            : Optional.empty();
    Optional<String> second = next.flatMap(n -> n.references().filter(this::isDerived).findFirst());
    if (second.isPresent() && isAffine(x, node, Optional.of(first), second)) {
      done.add(next.get());
      return scaled(next.get(), x, Optional.of(first), second);
    }
    Optional<String> weight = scales ? Optional.of(first) : Optional.empty();
    Optional<String> bias = scales ? Optional.empty() : Optional.of(first);
    return isAffine(x, node, weight, bias) && scaled(node, x, weight, bias);
  }

  /** Whether these are all the parameters of one module, and lie along the input's own axes. */
  private boolean isAffine(String x, Node node, Optional<String> weight, Optional<String> bias) {
    List<Derived> parts =
        Stream.of(weight, bias).flatMap(Optional::stream).map(derivations::of).toList();
    if (parts.stream().anyMatch(d -> d.reshaped().isEmpty() || d.dynamic())) {
      return false;
    }
    List<String> names =
        parts.stream().map(d -> registry.name(d.reshaped().get(), node.module())).toList();
    String owner = LayerRegistry.owner(names.get(0));
    long[] shape = aligned(parts.get(0).shape(), shape(x).length);
    return !owner.isEmpty()
        && registry.ownNames(owner).equals(new HashSet<>(names))
        && shape.length == shape(x).length
        && parts.stream().allMatch(d -> Arrays.equals(aligned(d.shape(), shape.length), shape))
        && Arrays.equals(shape(x), shape(node.output()))
        && Tensors.numel(shape) == parts.get(0).parameters().get(0).size()
        && (isTrailing(shape, x) || isChannels(shape))
        && axes.of(x).isPresent();
  }

  private static long[] aligned(long[] shape, int rank) {
    long[] aligned = new long[Math.max(rank, shape.length)];
    Arrays.fill(aligned, 1);
    System.arraycopy(shape, 0, aligned, aligned.length - shape.length, shape.length);
    return aligned;
  }

  /** Whether only the last axes are run along, and those whole. */
  private boolean isTrailing(long[] aligned, String x) {
    return Arrays.stream(aligned).anyMatch(s -> s > 1)
        && Arrays.equals(
            Arrays.copyOfRange(aligned, leadingOnes(aligned), aligned.length),
            Arrays.copyOfRange(shape(x), leadingOnes(aligned), aligned.length));
  }

  private static int leadingOnes(long[] aligned) {
    int ones = 0;
    while (ones < aligned.length - 1 && aligned[ones] == 1) {
      ones++;
    }
    return ones;
  }

  private static boolean isChannels(long[] aligned) {
    return aligned.length > 1 && Tensors.numel(aligned) == aligned[1];
  }

  private boolean scaled(Node node, String x, Optional<String> weight, Optional<String> bias) {
    Derived any = derivations.of(weight.or(() -> bias).orElseThrow());
    long[] shape = aligned(any.shape(), shape(x).length);
    boolean trailing = isTrailing(shape, x);
    int own = trailing ? shape.length - leadingOnes(shape) : -1;
    Form form =
        new Forms.Scaled(
            trailing ? AffineRule.Axes.TRAILING : AffineRule.Axes.CHANNELS,
            own,
            Arrays.stream(
                    trailing ? Arrays.copyOfRange(shape, leadingOnes(shape), shape.length) : shape)
                .boxed()
                .toList());
    return layer(node, form, x, weight, bias);
  }

  /** A call that copies parameters for every example. */
  private boolean copied(Node node) {
    Optional<BatchAxis> axis = axes.of(node.output());
    if (!Operators.COPYING.contains(node.operator())
        || axis.isEmpty()
        || node.references().filter(this::isDerived).count() != 1
        || !isDerived(node.references().findFirst().orElseThrow())) {
      return false;
    }
    Derived whole = derivations.copies(node);
    if (isMultiplied(node.output())) {
      return true; // a matrix that products use: it is no copy to them
    }
    long[] shape = shape(node.output());
    boolean inOrder =
        derivations.of(node.references().findFirst().orElseThrow()).reshaped().isPresent()
            && whole.kind() == Making.CHOSEN
            && Tensors.numel(shape) / batch.examples() == whole.parameters().get(0).size();
    return copies(
        node, whole, Copies.Copier.copied(axis.get()), inOrder, axis.get(), slot(node.output()));
  }

  /** Adds a step that copies {@code value}; false if no rule covers it. */
  private boolean copies(
      Node node, Derived value, Copies.Copier copier, boolean whole, BatchAxis axis, int out) {
    ParametricLayer layer;
    if (whole) {
      layer = registry.bare(value.parameters().get(0));
    } else if (value.kind() == Making.CHOSEN) {
      Parameter p = value.parameters().get(0);
      layer = registry.bare("chosen " + value.signature(), List.of(p), () -> Copies.choice(p));
    } else if (!value.dynamic()) {
      Map<Parameter, Derived> weights = new IdentityHashMap<>();
      layer =
          registry.bare(
              "computed " + value.signature(),
              value.parameters(),
              () -> {
                effective(value, weights);
                return new DerivedRule(Copies.whole(), weights, this::constants);
              });
    } else {
      return false;
    }
    add(node, new Copies(layer, value, copier, !whole && value.kind() == Making.CHOSEN, axis, out));
    return true;
  }

  /** An elementwise operator: parameters are copied for every example first. */
  private boolean elementwise(Node node) {
    Optional<BatchAxis> axis = axes.of(node.output());
    if (!Operators.ELEMENTWISE.contains(node.operator())
        || axis.isEmpty()
        || !axis.get().isPlain()) {
      return false;
    }
    int rank = shape(node.output()).length;
    int k = axis.get().axis();
    Map<String, Argument> arguments = new LinkedHashMap<>(node.arguments());
    List<Derived> values = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<String> sources = new ArrayList<>();
    for (Map.Entry<String, Argument> e : node.arguments().entrySet()) {
      if (e.getValue() instanceof Argument.Reference r && isDerived(r.name())) {
        Derived d = derivations.of(r.name());
        if (d.shape().length > rank
            || aligned(d.shape(), rank)[k] != 1
            || (d.kind() == Making.COMPUTED && d.dynamic())) {
          return false;
        }
        values.add(d);
        sources.add(r.name());
        names.add(node.output() + "/" + e.getKey());
        arguments.put(e.getKey(), new Argument.Reference(node.output() + "/" + e.getKey()));
      }
    }
    for (int i = 0; i < values.size(); i++) {
      Derived d = values.get(i);
      Copies.Copier copier = Copies.Copier.aligned(rank, k);
      if (!rowsOfTable(node, sources.get(i), d, copier, axis.get(), slot(names.get(i)))) {
        copies(node, d, copier, d.reshaped().isPresent(), axis.get(), slot(names.get(i)));
      }
    }
    add(node, step(new Node(node.target(), arguments, node.outputs(), node.module())));
    return true;
  }

  /** Adds a lookup of rows that are the same for all examples, if the value is that. */
  private boolean rowsOfTable(
      Node node, String name, Derived rows, Copies.Copier copier, BatchAxis axis, int out) {
    Optional<Node> lookup = flow.producer(name);
    while (lookup.isPresent() && Operators.RESHAPING.contains(lookup.get().operator())) {
      lookup = lookup.get().references().findFirst().flatMap(flow::producer);
    }
    Optional<Parametrised> p =
        lookup
            .filter(n -> n.operator().equals("embedding"))
            .flatMap(n -> Parametrised.of(n, values()))
            .filter(q -> flow.of(q.input()) == Flow.Kind.CONSTANT)
            .filter(q -> q.weight().filter(this::isDerived).isPresent());
    Optional<Derived> table = p.flatMap(Parametrised::weight).map(derivations::of);
    if (table.flatMap(Derived::itself).isEmpty()) {
      return false;
    }
    Form form = p.get().form();
    ParametricLayer layer = layer(lookup.get(), form, table, Optional.empty());
    add(
        node,
        new TableCopies(layer, form, table.get(), rows, slot(p.get().input()), copier, axis, out));
    return true;
  }

  private void cannotCover(Node node, List<String> derived) {
    List<Parameter> parameters = new ArrayList<>();
    for (String name : derived) {
      Derived d = derivations.of(name);
      parameters.addAll(d.parameters());
      int slot = slot(name);
      add(node, frame -> frame.put(slot, d.value(frame)));
    }
    uncovered.add(new Uncovered(node.shownOperator(), parameters));
    add(node, plain(node));
  }
}
