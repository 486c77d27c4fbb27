package io.nngeometry.fisher;

import io.nngeometry.engine.BackwardGraph;
import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * A part of a network that backward goes through at a time, from the outputs on. All paths to what
 * lies behind it pass one tensor, the gradient at which is all that the next part needs: so the
 * signals of several cotangents are held part by part, and never those of the whole network.
 *
 * @param root where backward begins
 * @param cut where it stops, the next one's root; none in the last one
 * @param uses of layers in it
 * @param inputs of these layers, by id
 */
record Segment(
    Tensor root, Optional<Tensor> cut, List<LayerUse> uses, Map<String, LayerInputs> inputs) {

  /** A network has hardly more of them: each costs a call for every cotangent. */
  private static final double MOST = 6;

  /** By how much a part may exceed what is needed, rather than leave a small one. */
  private static final double MORE = 1.1;

  /**
   * What a backward brought.
   *
   * @param signals to the uses
   * @param beyond to the cut, the next segment's cotangent
   */
  record Brought(Signals signals, Optional<Tensor> beyond) {}

  /**
   * One backward.
   *
   * @param cotangent at the root
   * @param last whether no further one will be asked for, so that the graph may be freed
   */
  Brought backward(Tensor cotangent, boolean last) {
    Map<LayerUse, Tensor> byUse = new IdentityHashMap<>();
    if (uses.isEmpty() || !root.requires_grad()) {
      return new Brought(new Signals(byUse), Optional.empty());
    }
    List<Tensor> at = new ArrayList<>(uses.stream().map(LayerUse::output).toList());
    cut.ifPresent(at::add);
    List<Tensor> signals = Tensors.gradients(root, cotangent, at, !last);
    for (int k = 0; k < uses.size(); k++) {
      byUse.put(uses.get(k), signals.get(k));
    }
    return new Brought(new Signals(byUse), signals.stream().skip(uses.size()).findFirst());
  }

  /**
   * The parts of a recorded network.
   *
   * @param outputs its outputs
   * @param uses of all layers, in order
   * @param nodes of its graph at which it may be cut
   * @param inputs of all layers; the uses of one stay together
   */
  static List<Segment> of(
      Tensor outputs, List<LayerUse> uses, List<Tensor> nodes, Map<String, LayerInputs> inputs) {
    Segment whole = new Segment(outputs, Optional.empty(), uses, inputs);
    if (nodes.isEmpty()
        || !outputs.requires_grad()
        || uses.stream().anyMatch(use -> use.output().is_leaf())) {
      return List.of(whole);
    }
    BackwardGraph graph = BackwardGraph.of(outputs);
    int[] places = uses.stream().mapToInt(use -> graph.place(use.output())).toArray();
    int first = Math.max(0, behind(new BitSet(), places).nextSetBit(0));
    Map<Integer, Cut> cuts = new TreeMap<>(Comparator.reverseOrder());
    for (Tensor node : nodes) {
      int place = graph.place(node);
      BitSet behind = place < 0 ? new BitSet() : behind(graph.reachedWithout(place), places);
      // what all paths to one use pass are a chain: that to the first use is taken
      if (behind.get(first) && together(behind, uses, inputs)) {
        cuts.putIfAbsent(behind.cardinality(), new Cut(node, behind));
      }
    }
    return parts(whole, List.copyOf(cuts.values()));
  }

  /**
   * A place to stop.
   *
   * @param at the tensor
   * @param behind the uses, by number, all paths to which pass it
   */
  private record Cut(Tensor at, BitSet behind) {}

  private static BitSet behind(BitSet reached, int[] places) {
    BitSet behind = new BitSet();
    IntStream.range(0, places.length)
        .filter(k -> places[k] >= 0 && !reached.get(places[k]))
        .forEach(behind::set);
    return behind;
  }

  /** Whether no layer has uses on both sides. */
  private static boolean together(
      BitSet behind, List<LayerUse> uses, Map<String, LayerInputs> inputs) {
    Map<LayerUse, Boolean> side = new IdentityHashMap<>();
    for (int k = 0; k < uses.size(); k++) {
      side.put(uses.get(k), behind.get(k));
    }
    return inputs.values().stream()
        .allMatch(in -> in.uses().stream().map(side::get).distinct().count() == 1);
  }

  /** As few parts as there can be of which none is much larger than the least that is needed. */
  private static List<Segment> parts(Segment whole, List<Cut> cuts) {
    List<Segment> pieces = between(whole, cuts);
    double most =
        pieces.stream().mapToDouble(p -> sum(p.uses())).reduce(least(whole.uses()), Math::max)
            * MORE;
    List<Cut> chosen = new ArrayList<>();
    double open = 0;
    for (int k = 0; k < cuts.size(); k++) {
      open += sum(pieces.get(k).uses());
      if (open + sum(pieces.get(k + 1).uses()) > most) {
        chosen.add(cuts.get(k));
        open = 0;
      }
    }
    return between(whole, chosen);
  }

  /** What a part has at least: layers for all threads, and its share of {@link #MOST}. */
  private static double least(List<LayerUse> uses) {
    double layers =
        uses.stream()
            .mapToDouble(use -> use.output().numel())
            .boxed()
            .sorted(Comparator.reverseOrder())
            .limit(Engine.threads())
            .mapToDouble(x -> x)
            .sum();
    return Math.max(layers, sum(uses) / MOST);
  }

  private static List<Segment> between(Segment whole, List<Cut> cuts) {
    List<Segment> segments = new ArrayList<>();
    Tensor root = whole.root();
    BitSet left = new BitSet();
    left.set(0, whole.uses().size());
    for (Cut cut : cuts) {
      left.andNot(cut.behind());
      segments.add(whole.some(left, root, Optional.of(cut.at())));
      root = cut.at();
      left = (BitSet) cut.behind().clone();
    }
    segments.add(whole.some(left, root, Optional.empty()));
    return segments;
  }

  private Segment some(BitSet which, Tensor from, Optional<Tensor> to) {
    Map<LayerUse, Boolean> mine = new IdentityHashMap<>();
    which.stream().forEach(k -> mine.put(uses.get(k), true));
    Map<String, LayerInputs> theirs = new LinkedHashMap<>();
    inputs.forEach(
        (id, in) -> {
          if (mine.containsKey(in.uses().get(0))) {
            theirs.put(id, in);
          }
        });
    return new Segment(from, to, which.stream().mapToObj(uses::get).toList(), theirs);
  }

  private static double sum(List<LayerUse> uses) {
    return uses.stream().mapToDouble(use -> use.output().numel()).sum();
  }
}
