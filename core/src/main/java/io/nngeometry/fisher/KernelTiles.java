package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerJacobian;
import io.nngeometry.layers.LayerJacobian.Form;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.layers.StackedGradients;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A kernel tile by tile: every minibatch is read once, with one backward for each output, and meets
 * what is kept of those before it. Where not all can be kept, a block of them is, and the rest is
 * read once more for each block.
 */
final class KernelTiles {
  /** Bytes of a minibatch at work, beyond which more examples at a time gain nothing. */
  private static final double WORKING_SET = 512L << 20;

  private final Pass first;
  private final @Nullable Pass second;
  private final Outputs outputs;
  private final MemoryBudget budget;
  private final boolean stored;
  private final Map<String, Form> forms = new LinkedHashMap<>();
  private long c;
  private long r;
  private long step;
  private long block;

  /**
   * @param second the other examples, or null for a kernel of {@code first} with itself
   */
  KernelTiles(Pass first, @Nullable Pass second, Outputs outputs, MemoryBudget budget) {
    this(first, second, outputs, budget, true);
  }

  /**
   * As the other.
   *
   * @param stored whether all elements will be in memory
   */
  KernelTiles(
      Pass first, @Nullable Pass second, Outputs outputs, MemoryBudget budget, boolean stored) {
    this.first = first;
    this.second = second;
    this.outputs = outputs;
    this.budget = budget;
    this.stored = stored;
  }

  /** Gradients of some examples, by layer. */
  private record Part(long first, long size, Map<String, LayerJacobian> layers)
      implements AutoCloseable {
    @Override
    public void close() {
      layers.values().forEach(LayerJacobian::close);
    }
  }

  /**
   * Rows from {@code row} and columns from {@code column} on. In a kernel of one set column is not
   * below row; the tiles below the diagonal are the transposed ones.
   */
  record Tile(long row, long column, long rows, long columns, Part mine, Part theirs) {
    /** Whether it lies off the diagonal of a kernel of one set. */
    boolean above() {
      return mine != theirs;
    }

    /** The tile's place in the kernel (r, n, r, n'). */
    Tensor place(Tensor kernel) {
      return kernel.narrow(1, row, rows).narrow(3, column, columns);
    }

    /** Copies a finished tile of a kernel of one set to the other side of the diagonal. */
    void mirror(Tensor kernel) {
      if (above()) {
        kernel
            .narrow(1, column, columns)
            .narrow(3, row, rows)
            .copy_(place(kernel).permute(2, 3, 0, 1));
      }
    }

    /**
     * What a layer contributes, (r, rows, r, columns), for every layer that is used. They are
     * computed side by side and taken in the layers' order.
     */
    void forEachLayer(BiConsumer<String, Tensor> consumer) {
      List<String> both =
          mine.layers().keySet().stream().filter(theirs.layers()::containsKey).toList();
      Workers.inOrder(both, this::gram, consumer);
    }

    private Tensor gram(String layer) {
      LayerJacobian jacobian = Objects.requireNonNull(mine.layers().get(layer));
      return above()
          ? jacobian.gram(Objects.requireNonNull(theirs.layers().get(layer)))
          : jacobian.gram();
    }
  }

  /** Number of combined outputs, r. */
  long outputs() {
    measure();
    return r;
  }

  /** Number of the model's outputs, c. */
  long modelOutputs() {
    measure();
    return c;
  }

  /** Looks at one example, chooses the forms and how many examples are read and kept. */
  private void measure() {
    if (c > 0) {
      return;
    }
    Footprint[] found = new Footprint[1];
    long[] size = new long[2];
    first
        .quiet()
        .over(first.data().first(1).batches(1))
        .forEachRecorded(
            recorded -> {
              size[0] = recorded.outputs().numel();
              size[1] = recorded.outputs().element_size();
              r = outputs.matrix(size[0], recorded.outputs()).size(0);
              found[0] = Footprint.of(recorded, (int) r);
            });
    long all = first.data().size();
    long others = second == null ? all : second.data().size();
    double held = 0;
    for (LayerSizes sizes : found[0].layers()) {
      Form form = Form.cheaper(sizes, r, others);
      forms.put(sizes.layer().id(), form);
      held += form.numbers(sizes, r) * size[1];
    }
    double elements = stored ? (double) r * all * r * others * size[1] : 0;
    Need backwards = found[0].recorded().and(found[0].filled(layer -> Need.NOTHING).all());
    double working = backwards.numbers() * size[1] + held;
    budget.check(
        "the kernel of %d outputs on %d by %d examples".formatted(r, all, others),
        elements + working + held,
        "use fewer examples or outputs, or implicit(), which stores nothing");
    double left = budget.bytes() - elements;
    long most = first.fallback() ? 1 : Math.max(1, first.data().batchSize());
    step = clamp(Math.min(WORKING_SET, left / 2) / Math.max(1, working), most);
    block = clamp((left - step * working) / Math.max(1, held), Math.max(step, others));
    block = Math.max(1, block / step) * step;
    c = size[0];
  }

  private static long clamp(double count, long most) {
    return Math.max(1, Math.min(most, (long) count));
  }

  /** Computes all tiles, of one set those on and above the diagonal, in the same order always. */
  void forEach(Consumer<Tile> consumer) {
    forEachRow(tiles -> tiles.forEach(consumer));
  }

  /**
   * The same side by side, for a consumer that touches nothing but the tile's place and the one
   * across the diagonal.
   */
  void forEachAtOnce(Consumer<Tile> consumer) {
    forEachRow(tiles -> Workers.forEach(tiles, consumer));
  }

  /** The tiles that a minibatch makes with those which are kept. */
  private void forEachRow(Consumer<List<Tile>> consumer) {
    measure();
    Pass kept = second == null ? first : second;
    long all = kept.data().size();
    for (long from = 0; from < all; from += block) {
      long start = from;
      List<Part> held = new ArrayList<>();
      try {
        if (second != null) {
          read(kept, start, start + block, held::add);
        }
        read(
            first,
            second == null ? start : 0,
            Long.MAX_VALUE,
            part -> {
              boolean keep = second == null && part.first() < start + block;
              try {
                List<Tile> tiles = new ArrayList<>();
                held.forEach(o -> tiles.add(second == null ? tile(o, part) : tile(part, o)));
                if (keep) {
                  tiles.add(tile(part, part));
                }
                consumer.accept(tiles);
              } finally {
                if (keep) {
                  held.add(part);
                } else {
                  part.close();
                }
              }
            });
      } finally {
        held.forEach(Part::close);
      }
    }
  }

  private static Tile tile(Part a, Part b) {
    return new Tile(a.first(), b.first(), a.size(), b.size(), a, b);
  }

  /** Reads the minibatches that start in [from, to). */
  private void read(Pass pass, long from, long to, Consumer<Part> consumer) {
    pass.over(pass.data().batches(step))
        .forEachBatch(
            batch -> {
              if (batch.first() >= from && batch.first() < to) {
                consumer.accept(part(pass, batch));
              }
            });
  }

  private Part part(Pass pass, Minibatch batch) {
    Held held = new Held(pass.layers().layers());
    try (Scope scope = Scope.open();
        GradMode on = GradMode.enabled()) {
      RecordedBatch recorded = RecordedBatch.of(pass, batch);
      Tensor f = recorded.outputs();
      if (f.numel() != c * batch.size()) {
        throw new IllegalArgumentException(
            "the model gave %d outputs for %s and %d for an example before"
                .formatted(f.numel() / batch.size(), batch.name(), c));
      }
      new Filling(List.of(held)).fill(recorded, new HeadCotangents(outputs.matrix(c, f), f));
      return new Part(batch.first(), batch.size(), held.inOrder());
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  /** The gradients of a minibatch, to be held. */
  private final class Held implements Accumulator {
    private final List<Layer> all;
    private final Map<String, LayerJacobian> layers = new ConcurrentHashMap<>();
    private Map<String, LayerInputs> inputs = Map.of();

    Held(List<Layer> all) {
      this.all = all;
    }

    @Override
    public void begin(Map<String, LayerInputs> of, long examples, int cotangents) {
      inputs = of;
    }

    @Override
    public List<LayerSum> byLayer() {
      return all.stream().map(this::of).toList();
    }

    private LayerSum of(Layer layer) {
      return new LayerSum() {
        @Override
        public Layer layer() {
          return layer;
        }

        @Override
        public void gradients(StackedGradients gradients, int first) {
          layers.computeIfAbsent(layer.id(), Held.this::jacobian).set(first, gradients);
        }
      };
    }

    /** Those of the used layers, in the layers' order. */
    Map<String, LayerJacobian> inOrder() {
      Map<String, LayerJacobian> used = new LinkedHashMap<>();
      for (Layer layer : all) {
        LayerJacobian mine = layers.get(layer.id());
        if (mine != null) {
          used.put(layer.id(), mine);
        }
      }
      return used;
    }

    private LayerJacobian jacobian(String id) {
      return LayerJacobian.of(
          Objects.requireNonNull(inputs.get(id)), (int) r, Objects.requireNonNull(forms.get(id)));
    }

    @Override
    public void close() {
      layers.values().forEach(LayerJacobian::close);
    }
  }
}
