package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.layers.LayerUse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * How many numbers one example is on its way through a network, found by sending one through.
 *
 * @param activations numbers that a recorded forward pass holds
 * @param largest the greatest of them
 * @param signals numbers that one backward brings to the layers' outputs
 * @param data numbers of the input
 * @param cotangents backwards of a minibatch
 * @param bySignals whether products with vectors are {@link SignalProducts}
 * @param layers what each used layer sees
 * @param parts of the network that backward goes through one after the other
 */
record Footprint(
    double activations,
    double largest,
    double signals,
    double data,
    int cotangents,
    boolean bySignals,
    List<LayerSizes> layers,
    List<Part> parts) {

  /**
   * A part of the network: see {@link Segment}.
   *
   * @param layers in it
   * @param signals numbers that one backward brings to their outputs
   * @param beyond numbers that it brings to the next part
   */
  record Part(Set<Layer> layers, double signals, double beyond) {
    static Part of(Segment segment) {
      return new Part(
          segment.inputs().values().stream().map(LayerInputs::layer).collect(Collectors.toSet()),
          segment.uses().stream().mapToDouble(use -> use.output().numel()).sum(),
          segment.cut().map(t -> (double) t.numel()).orElse(0.0));
    }
  }

  /**
   * What is held for each number that layers show: results of operations between layers, which
   * scope and graph keep, and what backward has in hand. Measured on residual networks and
   * perceptrons; so is {@link #IN_FORWARD_MODE}.
   */
  private static final double HELD = 1.8;

  private static final double IN_FORWARD_MODE = 2.5;

  /**
   * What signals that are not held take beside their own where others of the same cotangent are:
   * holes between these, which signals of the next one do not fit. Measured too.
   */
  private static final double LEFT = 2;

  static Footprint of(Estimation estimation) {
    Examples one = estimation.pass().data().first(1).batches(1);
    Footprint[] found = new Footprint[1];
    estimation
        .pass()
        .quiet()
        .over(one)
        .forEachBatch(
            batch -> {
              try (Scope scope = Scope.open();
                  GradMode on = GradMode.enabled()) {
                RecordedBatch recorded = RecordedBatch.of(estimation.pass(), batch);
                int cotangents =
                    estimation.cotangents(recorded.outputs(), recorded.batch()).count();
                found[0] = of(recorded, cotangents, SignalProducts.serve(estimation));
              }
            });
    return found[0];
  }

  static Footprint of(RecordedBatch recorded, int cotangents) {
    return of(recorded, cotangents, false);
  }

  private static Footprint of(RecordedBatch recorded, int cotangents, boolean bySignals) {
    // what one layer gives and the next one sees is one tensor: count addresses
    Map<Long, Double> held = new HashMap<>();
    double signals = 0;
    for (LayerUse use : recorded.uses()) {
      hold(held, use.input());
      hold(held, use.output());
      signals += use.output().numel();
    }
    hold(held, recorded.outputs());
    double data = recorded.batch().inputs().stream().mapToDouble(Tensor::numel).sum();
    // the data is there already
    recorded.batch().inputs().forEach(input -> held.remove(input.data_ptr().address()));
    return new Footprint(
        held.values().stream().mapToDouble(x -> x).sum(),
        held.values().stream().mapToDouble(x -> x).max().orElse(0),
        signals,
        data,
        cotangents,
        bySignals,
        recorded.inputs().values().stream().map(LayerInputs::sizes).toList(),
        recorded.segments().stream().map(Part::of).toList());
  }

  private static void hold(Map<Long, Double> held, Tensor t) {
    held.merge(t.data_ptr().address(), (double) t.numel(), Math::max);
  }

  /** The same of a network that backward goes through as one. */
  Footprint undivided() {
    Part whole =
        new Part(layers.stream().map(LayerSizes::layer).collect(Collectors.toSet()), signals, 0);
    return new Footprint(
        activations, largest, signals, data, cotangents, bySignals, layers, List.of(whole));
  }

  /** What a recorded minibatch needs whatever is made of it, beside signals. */
  Need recorded() {
    return new Need(HELD * activations + data, 2 * largest, 0); // data: as it is checked
  }

  /** The signals of one cotangent. */
  Need backward() {
    return new Need(signals, 0, 0);
  }

  /**
   * What sums of layers need that take the signals of several cotangents at once, if they are
   * linear maps: part by part of the network.
   */
  Filled filled(Function<LayerSizes, Need> needs) {
    return filled(needs, layer -> true);
  }

  /** The same where only some layers take several at once. */
  Filled filled(Function<LayerSizes, Need> needs, Predicate<LayerSizes> stacks) {
    int together = Filling.together(cotangents);
    Predicate<LayerSizes> holds = stacks.and(LayerSizes::outer);
    if (together == 1 || layers.stream().noneMatch(holds)) {
      return new Filled(Need.sideBySide(layers.stream().map(needs)), backward());
    }
    Need all = Need.NOTHING;
    double most = 0;
    for (Part part : parts) {
      List<LayerSizes> mine =
          layers.stream().filter(layer -> part.layers().contains(layer.layer())).toList();
      all = all.then(Need.sideBySide(mine.stream().map(needs)));
      double held = mine.stream().filter(holds).mapToDouble(LayerSizes::outputs).sum();
      most =
          Math.max(most, together * (held + part.beyond()) + (1 + LEFT) * (part.signals() - held));
    }
    return new Filled(all, new Need(most, 0, 0));
  }

  /**
   * What filling sums needs.
   *
   * @param sums for themselves
   * @param signals for what backward brings
   */
  record Filled(Need sums, Need signals) {
    Need all() {
      return sums.and(signals);
    }
  }

  /** Numbers that an example is when it has been read, if it is held for a second reading. */
  double held() {
    return layers.stream().mapToDouble(layer -> layer.held(cotangents)).sum();
  }

  /** What a pass in forward mode that builds a graph needs: every number and its tangent. */
  Need linearised() {
    return new Need(IN_FORWARD_MODE * activations, 2 * largest, 0);
  }

  /** Every example's gradient of every layer, for one cotangent. */
  Need everyGradient() {
    return Need.sideBySide(layers.stream().map(layer -> Need.rows(layer, cotangents)));
  }

  /** The same for all cotangents, some at a time or written where they stay. */
  Filled gradients() {
    return filled(layer -> Need.gradients(layer, cotangents, 1));
  }

  /**
   * Products with vectors: of one signal for each example, or J v in forward mode and J^T of it.
   */
  Need products(long vectors) {
    return bySignals
        ? recorded().and(backward()).and(new Need(0, largest, (2 + 2 * vectors) * forward()))
        : linearised().and(new Need(0, 0, (1 + 4 * vectors) * forward()));
  }

  /** Number of parameters of the layers that were used. */
  long parameters() {
    return layers.stream().mapToLong(layer -> layer.layer().size()).sum();
  }

  /** Multiplications and additions of one forward pass. */
  double forward() {
    return layers.stream().mapToDouble(LayerSizes::flops).sum();
  }
}
