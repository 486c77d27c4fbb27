package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.StackedGradients;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How running sums are filled from a minibatch: some cotangent by cotangent as backward brings
 * them, and those of linear maps, if they like, with several cotangents, the signals of which are
 * held until then: of one {@link Segment} of the network at a time, unless a sum asks for the
 * gradients of all layers. Sums of different layers are filled side by side.
 */
final class Filling {
  /** Cotangents of which the signals are held at once; more would gain little. */
  static final int MOST = 16;

  /** Of so many cotangents, those whose signals are held at once. */
  static int together(int cotangents) {
    return Math.min(cotangents, MOST);
  }

  private static final Group NOBODY = new Group();

  private final Group all = new Group();
  private final Map<String, Group> ofLayer = new LinkedHashMap<>();
  private final Map<String, List<LayerSum>> byLayer = new LinkedHashMap<>();

  Filling(Collection<? extends Accumulator> accumulators) {
    for (Accumulator a : accumulators) {
      List<LayerSum> sums = a.byLayer();
      a.only()
          .map(layer -> ofLayer.computeIfAbsent(layer.id(), id -> new Group()))
          .orElse(all)
          .add(a, sums.isEmpty());
      sums.forEach(s -> byLayer.computeIfAbsent(s.layer().id(), id -> new ArrayList<>()).add(s));
    }
  }

  /** Sums that one thread fills. */
  private static final class Group {
    private final List<Accumulator> members = new ArrayList<>();
    private final List<Accumulator> byCotangent = new ArrayList<>();

    void add(Accumulator a, boolean cotangentByCotangent) {
      members.add(a);
      if (cotangentByCotangent) {
        byCotangent.add(a);
      }
    }

    void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
      for (Accumulator a : members) {
        try (Scope scope = Scope.open()) {
          a.begin(inputs, examples, cotangents);
        }
      }
    }

    void fill(Map<String, LayerInputs> inputs, long examples, Signals signals, int cotangent) {
      try (Scope scope = Scope.open()) {
        var gradients = signals.gradients(inputs);
        byCotangent.forEach(a -> a.gradients(gradients, examples, cotangent));
      }
    }

    boolean byCotangent() {
      return !byCotangent.isEmpty();
    }
  }

  /** Adds a minibatch: one backward for each cotangent. */
  void fill(RecordedBatch recorded, Cotangents cotangents) {
    int together = byLayer.isEmpty() ? 1 : together(cotangents.count());
    fill(recorded, cotangents, together, null);
  }

  /** The same, of no more cotangents than come at once, and holds what they bring. */
  void fill(RecordedBatch recorded, Cotangents cotangents, HeldBatch held) {
    fill(recorded, cotangents, cotangents.count(), held);
  }

  private void fill(
      RecordedBatch recorded, Cotangents cotangents, int together, @Nullable HeldBatch held) {
    int count = cotangents.count();
    begin(recorded.inputs(), recorded.size(), count);
    List<Segment> segments =
        partByPart(recorded, together, held) ? recorded.segments() : List.of(recorded.whole());
    for (int first = 0; first < count; first += together) {
      try (Scope scope = Scope.open()) {
        List<Tensor> columns = cotangents.some(first, Math.min(together, count - first));
        new Round(recorded, first, count, columns.size() == count, held).fill(segments, columns);
      }
    }
  }

  /**
   * Every part of the network is one more call for every cotangent: that pays where the signals of
   * several would be held, and will not be anyway.
   */
  private boolean partByPart(RecordedBatch recorded, int together, @Nullable HeldBatch held) {
    return together > 1
        && held == null
        && !all.byCotangent()
        && recorded.inputs().values().stream().anyMatch(in -> in.outer() && takesSeveral(in));
  }

  private void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    inputs.values().forEach(in -> in.expect(cotangents));
    Workers.forEach(
        ofLayer.entrySet(),
        layer -> {
          LayerInputs in = inputs.get(layer.getKey());
          return in == null ? 0 : in.operations();
        },
        layer -> layer.getValue().begin(inputs, examples, cotangents));
    all.begin(inputs, examples, cotangents);
  }

  /** Some cotangents on their way through a minibatch, part by part of the network. */
  private final class Round {
    private final RecordedBatch recorded;
    private final int first;
    private final int count;
    private final boolean only;
    private final @Nullable HeldBatch held;
    private final Scope.Owner lifetime = Scope.owner();

    /**
     * @param first number of the first of them
     * @param count of all cotangents
     * @param only whether these are all: then a layer's inputs are needed once, and go with it
     */
    Round(RecordedBatch recorded, int first, int count, boolean only, @Nullable HeldBatch held) {
      this.recorded = recorded;
      this.first = first;
      this.count = count;
      this.only = only;
      this.held = held;
    }

    void fill(List<Segment> segments, List<Tensor> columns) {
      List<Tensor> at = columns;
      for (Segment segment : segments) {
        try (Scope scope = Scope.open()) {
          at = through(segment, at);
        }
      }
      byLayer.keySet().stream()
          .filter(layer -> !recorded.inputs().containsKey(layer))
          .forEach(unused -> add(unused, Optional.empty(), first, columns.size()));
    }

    /** Fills the sums of a segment's layers, and returns the cotangents of the next one. */
    private List<Tensor> through(Segment segment, List<Tensor> at) {
      List<LayerInputs> linear = segment.inputs().values().stream().filter(this::holds).toList();
      // gradients that are no products gain nothing by it, and their signals would be held
      Predicate<LayerInputs> atOnce = LayerInputs::outer;
      List<Tensor> beyond = new ArrayList<>();
      List<Signals> signals = new ArrayList<>();
      for (int k = 0; k < at.size(); k++) {
        int cotangent = first + k;
        try (Scope scope = Scope.open()) {
          Segment.Brought brought = segment.backward(at.get(k), cotangent == count - 1);
          at.get(k).close();
          brought.beyond().ifPresent(t -> beyond.add(lifetime.adopt(t)));
          Signals mine = brought.signals();
          fillOne(segment.inputs(), mine, cotangent);
          fillStacks(segment, atOnce.negate(), List.of(mine), cotangent, false);
          signals.add(mine.keeping(scope, linear));
        }
      }
      fillStacks(segment, atOnce, signals, first, only);
      if (held != null) {
        held.hold(segment.inputs(), signals);
      }
      return beyond;
    }

    private void fillOne(Map<String, LayerInputs> inputs, Signals signals, int cotangent) {
      Workers.forEach(
          inputs.values().stream().filter(in -> groupOf(in).byCotangent()).toList(),
          LayerInputs::operations,
          in -> groupOf(in).fill(Map.of(in.layer().id(), in), recorded.size(), signals, cotangent));
      if (all.byCotangent()) {
        all.fill(inputs, recorded.size(), signals, cotangent);
      }
    }

    /** Whether the signals of a layer are needed when all cotangents have been there. */
    private boolean holds(LayerInputs in) {
      return in.outer() && (held != null || takesSeveral(in));
    }

    private void fillStacks(
        Segment segment,
        Predicate<LayerInputs> which,
        List<Signals> signals,
        int number,
        boolean once) {
      Workers.forEach(
          segment.inputs().values().stream().filter(which.and(Filling.this::takesSeveral)).toList(),
          in -> in.operations() * signals.size(),
          in ->
              add(
                  in.layer().id(),
                  signals.get(0).none()
                      ? Optional.empty()
                      : Optional.of(Signals.stack(signals, once ? in.afresh() : in)),
                  number,
                  signals.size()));
    }
  }

  private boolean takesSeveral(LayerInputs in) {
    return byLayer.containsKey(in.layer().id());
  }

  private Group groupOf(LayerInputs in) {
    return ofLayer.getOrDefault(in.layer().id(), NOBODY);
  }

  /** Adds what was held of a minibatch to sums that take several cotangents at once. */
  void fill(HeldBatch held) {
    Workers.forEach(
        byLayer.keySet(),
        held::operations,
        layer -> add(layer, held.stack(layer), 0, held.cotangents()));
  }

  private void add(String layer, Optional<StackedGradients> stack, int first, int cotangents) {
    for (LayerSum sum : byLayer.getOrDefault(layer, List.of())) {
      stack.ifPresentOrElse(s -> sum.gradients(s, first), () -> sum.nothing(first, cotangents));
    }
  }
}
