package io.nngeometry.io.program;

import io.nngeometry.io.program.Program.TensorFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A program while it is bound: what is known of its values, and the steps so far. */
final class Context implements Parametrised.Values {
  final Flow flow;
  final BatchAxes axes;
  final Batch batch;
  final State state;
  final Calls calls;
  final Derivations derivations;
  final LayerRegistry registry;

  /** Calls that need no step of their own any more. */
  final Set<Node> done = new HashSet<>();

  final List<Bound> steps = new ArrayList<>();
  private final Program program;
  private final Map<String, Integer> slots = new HashMap<>();

  /**
   * A step with its place in the program.
   *
   * @param shown operator and module, for messages
   */
  record Bound(String shown, Step step) {}

  Context(Program program, State state, Batch batch, Calls.Retyping retyping) {
    this.program = program;
    this.state = state;
    this.batch = batch;
    program.inputs().forEach(i -> slot(i.name()));
    flow = new Flow(program, batch.symbols());
    axes = new BatchAxes(program, batch);
    calls = new Calls(this::slot, this, retyping);
    derivations = new Derivations(program, state, flow, this::slot, calls::step);
    registry = new LayerRegistry(state);
  }

  /** Where a value stands in a frame. */
  int slot(String name) {
    Integer slot = slots.get(name);
    if (slot == null) {
      slot = slots.size();
      slots.put(name, slot);
    }
    return slot;
  }

  /** Where all values stand. */
  Map<String, Integer> slots() {
    return Map.copyOf(slots);
  }

  /** Adds what runs for a call. */
  void add(Node node, Step step) {
    String module = node.module().isEmpty() ? "" : " of " + ProgramReader.shown(node.module());
    steps.add(new Bound(node.shownOperator() + module, step));
  }

  /** Whether a value depends on parameters, and on no example. */
  boolean isDerived(String name) {
    return flow.of(name) == Flow.Kind.DERIVED;
  }

  @Override
  public Optional<Tensor> constant(String name) {
    return Optional.ofNullable(state.others().get(name));
  }

  @Override
  public long[] shape(String name) {
    TensorFacts facts = program.tensors().get(name);
    return facts == null ? new long[0] : facts.hints();
  }

  /** A frame with the buffers and constants alone. */
  Frame constants() {
    Frame frame = new Frame(slots.size(), new Tensor());
    state.others().forEach((name, t) -> frame.put(slot(name), t));
    return frame;
  }

  /** {@code shape} with ones before it, up to {@code rank} axes. */
  static long[] aligned(long[] shape, int rank) {
    long[] aligned = new long[Math.max(rank, shape.length)];
    Arrays.fill(aligned, 1);
    System.arraycopy(shape, 0, aligned, aligned.length - shape.length, shape.length);
    return aligned;
  }
}
