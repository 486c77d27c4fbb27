package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
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
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The running sums that some representations ask for, each once however many ask: those of the
 * first reading of the examples, and those of a second.
 */
final class Sums implements AutoCloseable {
  private final Estimation estimation;
  private final Types types;
  private final Map<BlockMaker, BlockAccumulator> first = new LinkedHashMap<>();
  private final Map<BlockMaker, BlockAccumulator> second = new LinkedHashMap<>();

  /** How often a layer's sum will be finished yet. */
  private final Map<BlockAccumulator, Integer> takers = new IdentityHashMap<>();

  private @Nullable BlockAccumulator dense;
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
    if (dense == null) {
      dense = new DenseAccumulator(layers().layers(), types);
    }
    return dense;
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

  /** Asks for a block's first sum. */
  void first(BlockMaker maker) {
    takers.merge(
        first.computeIfAbsent(maker.first(), start -> start.accumulator(types)), 1, Integer::sum);
  }

  private BlockAccumulator firstOf(BlockMaker maker) {
    return Objects.requireNonNull(first.get(maker.first()));
  }

  /** Asks for the second sums of the blocks that have one. */
  void second(List<BlockMaker> makers) {
    List<BlockMaker> some = makers.stream().filter(m -> !second.containsKey(m)).toList();
    Map<BlockMaker, BlockAccumulator> found = new ConcurrentHashMap<>();
    try {
      Workers.forEach(
          some,
          maker -> firstOf(maker).eigenvectors(),
          maker ->
              maker
                  .second(firstOf(maker), examples, types)
                  .ifPresent(sum -> found.put(maker, sum)));
    } finally {
      some.stream()
          .filter(found::containsKey)
          .forEach(maker -> second.put(maker, Objects.requireNonNull(found.get(maker))));
    }
    for (BlockMaker maker : makers) {
      BlockAccumulator mine = second.get(maker);
      if (mine != null) {
        takers.merge(mine, 1, Integer::sum);
        taken(firstOf(maker));
      }
    }
  }

  /** The finished blocks of layers, side by side. */
  List<Block> blocks(List<BlockMaker> makers) {
    Scope.Owner owner = Scope.owner();
    return Workers.values(
        makers,
        BlockMaker::elements,
        maker -> {
          Block block = finished(last(maker));
          block.tensors().values().forEach(owner::adopt);
          return block;
        });
  }

  private synchronized BlockAccumulator last(BlockMaker maker) {
    BlockAccumulator last = second.get(maker);
    return last == null ? firstOf(maker) : last;
  }

  private Block finished(BlockAccumulator sum) {
    Block block = sum.finish(examples);
    taken(sum);
    return block;
  }

  /** Of what nobody else will take, sums and blocks are not both held. */
  private synchronized void taken(BlockAccumulator sum) {
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
    if (dense != null) {
      all.add(dense);
    }
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
