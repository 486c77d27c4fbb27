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
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * How running sums are filled from a minibatch: some cotangent by cotangent as backward brings
 * them, and those of linear maps, if they like, with several cotangents, the signals of which are
 * held until then. Sums of different layers are filled side by side.
 */
final class Filling {
  /** Cotangents of which the signals are held at once; more would gain little. */
  static final int MOST = 16;

  /** Of so many cotangents, those whose signals are held at once. */
  static int together(int cotangents) {
    return Math.min(cotangents, MOST);
  }

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
      if (!byCotangent.isEmpty()) {
        try (Scope scope = Scope.open()) {
          var gradients = signals.gradients(inputs);
          byCotangent.forEach(a -> a.gradients(gradients, examples, cotangent));
        }
      }
    }
  }

  /** Adds a minibatch: one backward for each cotangent. */
  void fill(RecordedBatch recorded, Cotangents cotangents) {
    int count = cotangents.count(); // here, for what it computes lives in this scope
    Map<String, LayerInputs> inputs = recorded.inputs();
    begin(inputs, recorded.size(), count);
    int together = byLayer.isEmpty() ? 1 : together(count);
    for (int first = 0; first < count; first += together) {
      try (Scope scope = Scope.open()) {
        List<Tensor> columns = cotangents.some(first, Math.min(together, count - first));
        List<Signals> signals = fillEach(recorded, columns, first, count, in -> false);
        fillStacks(layer -> stacks(inputs, layer), inputs, signals, first, together == count);
      }
    }
  }

  /**
   * The same, of no more cotangents than come at once.
   *
   * @return the signals of all that are linear maps, tensors of the scope around
   */
  List<Signals> fillHolding(RecordedBatch recorded, Cotangents cotangents) {
    int count = cotangents.count();
    Map<String, LayerInputs> inputs = recorded.inputs();
    begin(inputs, recorded.size(), count);
    List<Tensor> columns = cotangents.some(0, count);
    List<Signals> signals = fillEach(recorded, columns, 0, count, LayerInputs::outer);
    fillStacks(layer -> stacks(inputs, layer), inputs, signals, 0, true);
    return signals;
  }

  /**
   * One backward for each of some cotangents.
   *
   * @return what it brought to layers that take several at once, and to {@code others}; the rest is
   *     needed no more
   */
  private List<Signals> fillEach(
      RecordedBatch recorded,
      List<Tensor> columns,
      int first,
      int count,
      Predicate<LayerInputs> others) {
    List<LayerInputs> later =
        recorded.inputs().values().stream()
            .filter(in -> in.outer() && byLayer.containsKey(in.layer().id()) || others.test(in))
            .toList();
    List<Signals> signals = new ArrayList<>();
    for (int k = 0; k < columns.size(); k++) {
      try (Scope scope = Scope.open()) {
        Signals mine = recorded.signals(columns.get(k), first + k == count - 1);
        fillOne(recorded.inputs(), recorded.size(), mine, first + k);
        fillStacks(
            layer -> !stacks(recorded.inputs(), layer),
            recorded.inputs(),
            List.of(mine),
            first + k,
            false);
        signals.add(mine.keeping(scope, later));
      }
    }
    return signals;
  }

  /**
   * Whether several cotangents of a layer come at once, where its sums take them: gradients that
   * are no products gain nothing by it, and their signals would be held.
   */
  private static boolean stacks(Map<String, LayerInputs> inputs, String layer) {
    LayerInputs in = inputs.get(layer);
    return in == null || in.outer();
  }

  private void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    inputs.values().forEach(in -> in.expect(cotangents));
    Workers.forEach(
        ofLayer.entrySet(),
        layer -> operations(inputs, layer.getKey()),
        layer -> layer.getValue().begin(inputs, examples, cotangents));
    all.begin(inputs, examples, cotangents);
  }

  private void fillOne(
      Map<String, LayerInputs> inputs, long examples, Signals signals, int cotangent) {
    Workers.forEach(
        ofLayer.entrySet(),
        layer -> operations(inputs, layer.getKey()),
        layer -> {
          LayerInputs in = inputs.get(layer.getKey());
          Map<String, LayerInputs> mine = in == null ? Map.of() : Map.of(layer.getKey(), in);
          layer.getValue().fill(mine, examples, signals, cotangent);
        });
    all.fill(inputs, examples, signals, cotangent);
  }

  /**
   * @param which layers, by id
   * @param once whether these are all: then a layer's inputs are needed once, and go with it
   */
  private void fillStacks(
      Predicate<String> which,
      Map<String, LayerInputs> inputs,
      List<Signals> signals,
      int first,
      boolean once) {
    fillStacks(
        which,
        layer ->
            Optional.ofNullable(inputs.get(layer))
                .filter(in -> !signals.get(0).none())
                .map(in -> Signals.stack(signals, once ? in.afresh() : in)),
        layer -> operations(inputs, layer) * signals.size(),
        first,
        signals.size());
  }

  private static double operations(Map<String, LayerInputs> inputs, String layer) {
    LayerInputs in = inputs.get(layer);
    return in == null ? 0 : in.operations();
  }

  /** Adds what was held of a minibatch to sums that take several cotangents at once. */
  void fill(HeldBatch held) {
    fillStacks(layer -> true, held::stack, held::operations, 0, held.signals().size());
  }

  private void fillStacks(
      Predicate<String> which,
      Function<String, Optional<StackedGradients>> stacks,
      ToDoubleFunction<String> operations,
      int first,
      int cotangents) {
    Workers.forEach(
        byLayer.entrySet().stream().filter(layer -> which.test(layer.getKey())).toList(),
        layer -> operations.applyAsDouble(layer.getKey()),
        layer -> {
          Optional<StackedGradients> stack = stacks.apply(layer.getKey());
          layer
              .getValue()
              .forEach(
                  sum ->
                      stack.ifPresentOrElse(
                          s -> sum.gradients(s, first), () -> sum.nothing(first, cotangents)));
        });
  }
}
