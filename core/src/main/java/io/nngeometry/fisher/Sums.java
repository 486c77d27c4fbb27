package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.PMat;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The running sums that some representations ask for, each once however many ask: those of the
 * first reading of the examples, and those of a second.
 */
final class Sums implements AutoCloseable {
  private final Estimation estimation;
  private final Types types;
  private final Map<List<Object>, BlockAccumulator> first = new LinkedHashMap<>();
  private final Map<List<Object>, BlockAccumulator> second = new LinkedHashMap<>();

  /** How often a layer's sum will be finished yet. */
  private final Map<BlockAccumulator, Integer> takers = new IdentityHashMap<>();

  private @Nullable JacobianAccumulator rows;
  private boolean centred;
  private long examples;

  Sums(Estimation estimation, Types types) {
    this.estimation = estimation;
    this.types = types;
  }

  LayerCollection layers() {
    return estimation.layers();
  }

  /** Of what kind they are. */
  Types types() {
    return types;
  }

  /** Number of examples read. */
  long examples() {
    return examples;
  }

  void examples(long read) {
    examples = read;
  }

  /** The sum of everything. */
  BlockAccumulator dense() {
    return first.computeIfAbsent(
        List.of("all"), key -> new DenseAccumulator(layers().layers(), types));
  }

  /** The gradients themselves. */
  JacobianAccumulator rows() {
    if (rows == null) {
      long n = estimation.pass().data().size();
      rows =
          new JacobianAccumulator(
              layers(),
              n,
              1 / Math.sqrt(n),
              types.terms(),
              (cotangents, bytes) ->
                  estimation
                      .budget()
                      .check(
                          "the gradients of all examples and outputs",
                          bytes,
                          "use kfac, diag or implicit, or a low-rank matrix of a given rank"));
    }
    return rows;
  }

  /**
   * The gradients over the root of n, (K n, d), cotangent by cotangent, of which the product is the
   * matrix. They are not copied.
   */
  Tensor root() {
    try (Scope scope = Scope.open()) {
      Tensor all = rows().finish();
      if (types.centred() && !centred) {
        all.sub_(Tensors.sum(all, true, 1).div(Tensors.scalar((double) all.size(1))));
        centred = true;
      }
      return scope.keep(all.flatten(0, 1));
    }
  }

  /** Asks for the first sum of a layer's block. */
  void firstOf(Layer layer, BlockKind kind) {
    takers.merge(of(layer, kind), 1, Integer::sum);
  }

  private BlockAccumulator of(Layer layer, BlockKind kind) {
    BlockKind stage = kind.firstStage(layer);
    return first.computeIfAbsent(
        List.of(layer.id(), stage), key -> stage.accumulator(layer, types));
  }

  /** Asks for a sum of the first reading that nobody else does. */
  void own(Layer layer, Representation whose, Supplier<BlockAccumulator> sum) {
    takers.merge(
        first.computeIfAbsent(List.of(layer.id(), whose), key -> sum.get()), 1, Integer::sum);
  }

  /** The block of a layer's own sum. */
  Block own(Layer layer, Representation whose) {
    return finished(Objects.requireNonNull(first.get(List.of(layer.id(), whose))));
  }

  /** Asks for the second sums of all layers' blocks that have one. */
  void second(Function<Layer, BlockKind> choose) {
    Map<Layer, BlockAccumulator> firsts = new LinkedHashMap<>();
    for (Layer layer : layers().layers()) {
      if (!second.containsKey(List.of(layer.id(), choose.apply(layer)))) {
        firsts.put(layer, of(layer, choose.apply(layer)));
      }
    }
    Map<Layer, BlockAccumulator> found = new ConcurrentHashMap<>();
    try {
      Workers.forEach(
          firsts.keySet(),
          layer -> Objects.requireNonNull(firsts.get(layer)).eigenvectors(),
          layer ->
              choose
                  .apply(layer)
                  .secondPass(layer, Objects.requireNonNull(firsts.get(layer)), examples, types)
                  .ifPresent(a -> found.put(layer, a)));
    } finally {
      for (Layer layer : firsts.keySet()) {
        BlockAccumulator mine = found.get(layer);
        if (mine != null) {
          second.put(List.of(layer.id(), choose.apply(layer)), mine);
        }
      }
    }
    for (Layer layer : layers().layers()) {
      BlockAccumulator mine = second.get(List.of(layer.id(), choose.apply(layer)));
      if (mine != null) {
        takers.merge(mine, 1, Integer::sum);
        taken(of(layer, choose.apply(layer)));
      }
    }
  }

  /** A layer's finished block. */
  Block block(Layer layer, BlockKind kind) {
    BlockAccumulator last = second.get(List.of(layer.id(), kind));
    return finished(last == null ? of(layer, kind) : last);
  }

  private Block finished(BlockAccumulator sum) {
    Block block = sum.finish(examples);
    taken(sum);
    return block;
  }

  /** Of what nobody else will take, sums and blocks are not both held. */
  private void taken(BlockAccumulator sum) {
    if (takers.merge(sum, -1, Integer::sum) == 0) {
      first.values().remove(sum);
      second.values().remove(sum);
      sum.close();
    }
  }

  PMat implicit() {
    return estimation.implicit();
  }

  /** The implicit matrix, each reading of which is told to whoever listens to the making. */
  PMat implicitTold() {
    return new ImplicitPMat(estimation);
  }

  Collection<? extends Accumulator> firstReading() {
    List<Accumulator> all = new java.util.ArrayList<>(first.values());
    if (rows != null) {
      all.add(rows);
    }
    return all;
  }

  Collection<? extends Accumulator> secondReading() {
    return second.values();
  }

  @Override
  public void close() {
    firstReading().forEach(Accumulator::close);
    second.values().forEach(Accumulator::close);
  }
}
