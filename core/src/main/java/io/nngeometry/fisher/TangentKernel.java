package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.FMatImplicit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The tangent kernel, or Gram matrix, K[k,i,k',i'] = &lt;d f_k(x_i) / d w, d f_k'(x_i') / d w&gt;
 * (Jacot, Gabriel and Hongler 2018), not divided by the number of examples. A description; {@link
 * #dense} and {@link #implicit} compute. Every option gives a new description.
 *
 * <pre>{@code
 * FMat K = TangentKernel.of(model).on(train).outputs(Outputs.difference(3, 5)).centred().dense();
 * CrossFMat k = TangentKernel.of(model).on(test).against(train).dense();
 * }</pre>
 */
public final class TangentKernel {
  private Subject subject;
  private Outputs outputs = Outputs.all();
  private boolean centred;

  private TangentKernel(Subject subject) {
    this.subject = subject;
  }

  private TangentKernel with(Consumer<TangentKernel> change) {
    TangentKernel copy = new TangentKernel(subject);
    copy.outputs = outputs;
    copy.centred = centred;
    change.accept(copy);
    return copy;
  }

  /** The kernel of all parameters and outputs of {@code model}, in evaluation mode. */
  public static TangentKernel of(Model model) {
    return new TangentKernel(Subject.of(model));
  }

  /** The examples. */
  public TangentKernel on(Examples examples) {
    return with(k -> k.subject = subject.on(examples));
  }

  /** The parameters of interest; all by default. */
  public TangentKernel layers(LayerCollection some) {
    return with(k -> k.subject = subject.in(some));
  }

  /** Which functions of the outputs; every output by default. */
  public TangentKernel outputs(Outputs some) {
    return with(k -> k.outputs = some);
  }

  /**
   * Takes, per output, the mean over examples off the gradients. Between two sets that is the mean
   * over the second, the training set, on both sides.
   */
  public TangentKernel centred() {
    return with(k -> k.centred = true);
  }

  /** The bytes that may be taken; seven tenths of the machine's memory by default. */
  public TangentKernel memoryBudget(MemoryBudget other) {
    return with(k -> k.subject = subject.within(other));
  }

  /** Allows parameters that no rule covers, by reading examples one at a time. */
  public TangentKernel perExampleFallback() {
    return with(k -> k.subject = subject.withFallback());
  }

  /** Tells {@code listener} examples done and examples in all, in every reading. */
  public TangentKernel progress(BiConsumer<Long, Long> listener) {
    return with(k -> k.subject = subject.told(listener));
  }

  /** The kernel between these examples, its rows, and others, its columns. */
  public Between against(Examples others) {
    return new Between(this, others);
  }

  /**
   * All elements, by one backward a minibatch for each output in all, and the tiles on and above
   * the diagonal alone.
   *
   * @throws MemoryBudgetException if it does not fit
   */
  public FMatDense dense() {
    Pass pass = pass();
    KernelTiles tiles = new KernelTiles(pass, null, outputs, subject.budget());
    return FMatDense.of(Scope.keeping(() -> square(tiles, pass.data().size(), pass.like())));
  }

  /**
   * The kernel of every layer by its id: {@link #dense} is their sum.
   *
   * @throws MemoryBudgetException if they do not fit
   */
  public Map<String, FMatDense> byLayer() {
    Pass pass = pass();
    KernelTiles tiles = new KernelTiles(pass, null, outputs, subject.budget());
    long n = pass.data().size();
    long r = tiles.outputs();
    int count = pass.layers().layers().size();
    subject
        .budget()
        .check(
            "the kernels of %d layers".formatted(count),
            (double) count * r * n * r * n * pass.like().element_size(),
            "use dense(), their sum, or fewer layers");
    Map<String, FMatDense> result = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> all = new LinkedHashMap<>();
      for (Layer layer : pass.layers().layers()) {
        all.put(layer.id(), Tensors.zeros(pass.like(), r, n, r, n));
      }
      tiles.forEachAtOnce(
          tile ->
              tile.forEachLayer(
                  (id, part) -> {
                    Tensor mine = Objects.requireNonNull(all.get(id));
                    tile.place(mine).copy_(part);
                    tile.mirror(mine);
                  }));
      all.forEach((id, k) -> result.put(id, FMatDense.of(scope.keep(finished(k)))));
    }
    return result;
  }

  /** Takes a part of a kernel. */
  @FunctionalInterface
  public interface TileConsumer {
    /**
     * Takes the elements of examples from {@code row} on with examples from {@code column} on.
     *
     * @param elements (c, rows, c, columns), computed when asked for; they live until the return
     */
    void accept(long row, long rows, long column, long columns, Supplier<Tensor> elements);
  }

  /**
   * Computes the kernel tile by tile, for one that does not fit in memory: tiles on and above the
   * diagonal, in the same order every time. What the consumer does not ask for is not contracted.
   *
   * @throws IllegalStateException if the kernel is to be centred, which takes all tiles first
   */
  public void forEachTile(TileConsumer consumer) {
    if (centred) {
      throw new IllegalStateException(
          "a kernel computed by tiles cannot be centred: centre the gradients' kernel once it is whole");
    }
    Pass pass = pass();
    KernelTiles tiles = new KernelTiles(pass, null, outputs, subject.budget(), false);
    long r = tiles.outputs();
    tiles.forEach(
        tile -> {
          try (Scope scope = Scope.open()) {
            consumer.accept(
                tile.row(),
                tile.rows(),
                tile.column(),
                tile.columns(),
                () -> {
                  Tensor sum = Tensors.zeros(pass.like(), r, tile.rows(), r, tile.columns());
                  tile.forEachLayer((id, part) -> sum.add_(part));
                  return sum;
                });
          }
        });
  }

  /** Number of examples. */
  public long examples() {
    return pass().data().size();
  }

  /** Number of functions of the outputs, found by sending one example through. */
  public long functions() {
    return new KernelTiles(pass(), null, outputs, subject.budget(), false).outputs();
  }

  /** The type of the elements. */
  public ScalarType type() {
    return pass().dtype();
  }

  /** J J^T by its products; nothing is stored. */
  public FMatImplicit implicit() {
    Pass pass = pass();
    long c = new KernelTiles(pass, null, outputs, subject.budget()).modelOutputs();
    KernelMaps maps = new KernelMaps(pass, outputs, c, subject.budget());
    return new FMatImplicit(
        centred ? maps.centred() : maps.plain(),
        Tensors.options(pass.like()),
        () -> {
          try (FMatDense stored = dense()) {
            return stored.toDense();
          }
        },
        () -> maps.squaredNorms(centred));
  }

  /** The tangent kernel between two sets of examples: a description, as the other. */
  public static final class Between {
    private final TangentKernel kernel;
    private final Pass rows;
    private final Pass columns;

    private Between(TangentKernel kernel, Examples others) {
      this.kernel = kernel;
      this.rows = kernel.pass();
      this.columns = kernel.subject.pass(others);
    }

    /**
     * All elements, (c, n, c, n'), by one backward a minibatch for each output.
     *
     * @throws MemoryBudgetException if they do not fit
     */
    public CrossFMat dense() {
      KernelTiles tiles = new KernelTiles(rows, columns, kernel.outputs, kernel.subject.budget());
      return CrossFMat.of(Scope.keeping(() -> centred(tiles, elements(tiles))));
    }

    private Tensor elements(KernelTiles tiles) {
      long r = tiles.outputs();
      Tensor all = Tensors.zeros(rows.like(), r, rows.data().size(), r, columns.data().size());
      tiles.forEachAtOnce(tile -> tile.forEachLayer((id, part) -> tile.place(all).add_(part)));
      return all;
    }

    /** (J - m) (J' - m)^T with m the mean of J', from the products that are there and m J'^T. */
    private Tensor centred(KernelTiles tiles, Tensor all) {
      if (!kernel.centred) {
        return all;
      }
      KernelMaps maps =
          new KernelMaps(
              columns.quiet(), kernel.outputs, tiles.modelOutputs(), kernel.subject.budget());
      Tensor means = maps.plain().push().apply(maps.mean()); // (r, r, n')
      Tensor off = means.sub(mean(means, 2));
      return all.sub(mean(all, 3)).sub_(off.unsqueeze(1));
    }

    /** J J'^T by its products; nothing is stored but a mean gradient for each output if centred. */
    public CrossFMat implicit() {
      long c =
          new KernelTiles(rows, columns, kernel.outputs, kernel.subject.budget()).modelOutputs();
      KernelMaps here = new KernelMaps(rows, kernel.outputs, c, kernel.subject.budget());
      KernelMaps there = new KernelMaps(columns, kernel.outputs, c, kernel.subject.budget());
      return CrossFMat.of(
          kernel.centred ? here.less(there.mean()) : here.plain(),
          kernel.centred ? there.centred() : there.plain(),
          () -> {
            try (CrossFMat stored = dense()) {
              return stored.toDense();
            }
          });
    }
  }

  private Tensor square(KernelTiles tiles, long n, Tensor like) {
    long r = tiles.outputs();
    Tensor all = Tensors.zeros(like, r, n, r, n);
    tiles.forEachAtOnce(
        tile -> {
          Tensor place = tile.place(all);
          tile.forEachLayer((id, part) -> place.add_(part));
          tile.mirror(all);
        });
    return finished(all);
  }

  private Tensor finished(Tensor all) {
    if (centred) {
      all.sub_(mean(all, 1));
      all.sub_(mean(all, 3));
    }
    return all;
  }

  private static Tensor mean(Tensor t, long axis) {
    return Tensors.sum(t, true, axis).div(Tensors.scalar((double) t.size(axis)));
  }

  private Pass pass() {
    return subject.pass();
  }
}
