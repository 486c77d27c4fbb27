package io.nngeometry.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of work side by side, as many at a time as {@link Engine#threads}, each with one thread of
 * its own and in a scope of its own.
 *
 * <p>libtorch spreads convolutions and elementwise operations over its threads, and neither matrix
 * products nor decompositions, which come in great numbers here: one for a layer, or a tile of
 * examples. So those are spread by layers and tiles. Pieces must not touch the same sums; with that
 * a result does not depend on the number of threads.
 *
 * <p>Work inside a piece, and work for a single piece, spreads no further than libtorch does.
 */
public final class Workers {
  /** What a thread can do while another is woken, in multiplications and additions. */
  private static final double LITTLE = 16e6;

  private static final ExecutorService POOL =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread =
                new Thread(
                    () -> {
                      // a thread takes over the number of all at its first question, if not now
                      torch.get_num_threads();
                      torch.set_num_threads(1); // of this thread's operations
                      work.run();
                    },
                    "nngeometry-worker");
            thread.setDaemon(true);
            return thread;
          });

  private Workers() {}

  /** Does {@code work} on every piece. The first failure ends it, and is thrown. */
  public static <T> void forEach(Iterable<T> pieces, Consumer<? super T> work) {
    List<T> all = new ArrayList<>();
    pieces.forEach(all::add);
    run(all.size(), Engine.threads(), k -> work.accept(all.get(k)));
  }

  /**
   * The same where waking other threads may take longer than the work.
   *
   * @param operations multiplications and additions of a piece, about: the greatest are begun
   *     first, and few in all are left to this thread
   */
  public static <T> void forEach(
      Collection<T> pieces, ToDoubleFunction<? super T> operations, Consumer<? super T> work) {
    List<T> order =
        pieces.stream().sorted(Comparator.<T>comparingDouble(operations).reversed()).toList();
    run(
        order.size(),
        threads(pieces.stream().mapToDouble(operations).sum()),
        k -> work.accept(order.get(k)));
  }

  /**
   * The values that {@code f} has on the pieces, in their order. Native memory that they hold must
   * be given to a {@link Scope.Owner}.
   *
   * @param size tells which pieces take longer: they are begun first, or one that is left for the
   *     end is waited for
   */
  public static <T, R> List<R> values(
      List<T> pieces, ToLongFunction<? super T> size, Function<? super T, R> f) {
    List<@Nullable R> found = new ArrayList<>(Collections.nCopies(pieces.size(), null));
    List<Integer> order =
        IntStream.range(0, pieces.size())
            .boxed()
            .sorted(
                Comparator.<Integer>comparingLong(k -> size.applyAsLong(pieces.get(k))).reversed())
            .toList();
    forEach(order, k -> found.set(k, f.apply(pieces.get(k))));
    return found.stream().map(Objects::requireNonNull).toList();
  }

  /**
   * What {@code f} makes of every piece, in the pieces' order. It belongs to the scope around the
   * call.
   *
   * @param size as in {@link #values}
   */
  public static <T> List<Tensor> map(
      List<T> pieces, ToLongFunction<? super T> size, Function<? super T, Tensor> f) {
    Scope.Owner owner = Scope.owner();
    return values(pieces, size, piece -> owner.adopt(f.apply(piece)));
  }

  /**
   * Computes side by side and takes one by one, in the pieces' order: sums of what is taken are the
   * same whatever the number of threads.
   *
   * @param take gets a piece and what {@code f} made of it, which lives until it returns
   */
  public static <T> void inOrder(
      List<T> pieces, Function<? super T, Tensor> f, BiConsumer<? super T, Tensor> take) {
    @Nullable Tensor[] waiting = new @Nullable Tensor[pieces.size()];
    int[] taken = {0};
    try {
      run(
          pieces.size(),
          Engine.threads(),
          k -> {
            Tensor mine = Scope.detach(f.apply(pieces.get(k)));
            synchronized (waiting) {
              waiting[k] = mine;
              Tensor next;
              while (taken[0] < waiting.length && (next = waiting[taken[0]]) != null) {
                take.accept(pieces.get(taken[0]), next);
                waiting[taken[0]++] = null;
                next.close();
              }
            }
          });
    } finally {
      Arrays.stream(waiting).filter(t -> t != null).forEach(Tensor::close);
    }
  }

  private static int threads(double operations) {
    return operations < LITTLE ? 1 : Engine.threads();
  }

  private static void run(int pieces, int most, IntConsumer work) {
    int threads = Math.min(most, pieces);
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Runnable share =
        () -> {
          int k;
          while (failure.get() == null && (k = next.getAndIncrement()) < pieces) {
            try (Scope scope = Scope.open()) {
              work.accept(k);
            } catch (Throwable t) {
              failure.compareAndSet(null, t);
            }
          }
        };
    if (threads <= 1) {
      share.run();
    } else {
      side(threads, share);
    }
    rethrow(failure.get());
  }

  /** Does the same on this thread and others, of which every operation takes one thread. */
  private static void side(int threads, Runnable share) {
    int before = Engine.threads();
    Supplier<GradMode> mode = GradMode.current();
    List<Future<?>> others = new ArrayList<>();
    try {
      for (int k = 1; k < threads; k++) {
        others.add(
            POOL.submit(
                () -> {
                  try (GradMode same = mode.get()) {
                    share.run();
                  }
                }));
      }
      torch.set_num_threads(1);
      share.run();
    } finally {
      others.forEach(Workers::await);
      torch.set_num_threads(before);
    }
  }

  /** Pieces hold native memory and write into shared places: none may be left behind. */
  private static void await(Future<?> other) {
    boolean interrupted = false;
    while (true) {
      try {
        other.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause()); // pieces catch their own failures
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }
}
