package io.nngeometry.models.data;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Files of pictures with the class of each. They are decoded side by side, each into its own place,
 * so that the result does not depend on how many do it; no more of them are whole in memory than
 * there are threads.
 *
 * @param classes names, by label
 * @param files the pictures
 * @param classOf the label of each
 */
record Pictures(List<String> classes, List<Path> files, long[] classOf) implements Listing {
  private static final int CHANNELS = 3;

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Optional<long[]> labels() {
    return Optional.of(classOf.clone());
  }

  @Override
  public Dataset read(int[] indices, Selection how) throws IOException {
    try (Scope scope = Scope.open()) {
      Framing framing = how.framing();
      Encoding.Pictures shaping =
          new Encoding.Pictures(Dataset.WHITE, ScalarType.Float, Normalisation.UNIT, framing);
      long[] size = shaping.shape(sizeOf(files.get(indices[0]), framing));
      Tensor all =
          Tensors.empty(
              Tensors.options(ScalarType.Byte), indices.length, size[0], size[1], size[2]);
      decode(indices, how.threads(), k -> shaped(files.get(indices[k]), shaping, all, k));
      long[] labels = Arrays.stream(indices).mapToLong(i -> classOf[i]).toArray();
      return Dataset.of(all, Tensors.of(labels, labels.length), classes, Dataset.WHITE).keep(scope);
    }
  }

  /** Shape of the first picture, which is all pictures' unless they are brought to one. */
  private static long[] sizeOf(Path first, Framing framing) throws IOException {
    if (!framing.keepsSize()) {
      return new long[] {CHANNELS, framing.height(), framing.width()};
    }
    try (Scope scope = Scope.open()) {
      Tensor picture = PictureFile.read(first);
      return new long[] {CHANNELS, picture.size(2), picture.size(3)};
    }
  }

  private static void shaped(Path file, Encoding.Pictures shaping, Tensor all, int at)
      throws IOException {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      Tensor pixels = PictureFile.read(file);
      if (shaping.framing().keepsSize()
          && (pixels.size(2) != all.size(2) || pixels.size(3) != all.size(3))) {
        throw new IOException(
            "%s: it has %d x %d pixels, and the first picture %d x %d; bring all to one size (--resize)"
                .formatted(file, pixels.size(2), pixels.size(3), all.size(2), all.size(3)));
      }
      boolean asIs = shaping.framing().keepsSize() && all.size(1) == CHANNELS;
      Tensor bytes =
          asIs
              ? pixels
              : shaping
                  .framed(pixels.to(ScalarType.Float))
                  .round_()
                  .clamp_(
                      new org.bytedeco.pytorch.ScalarOptional(Tensors.scalar(0)),
                      new org.bytedeco.pytorch.ScalarOptional(Tensors.scalar(Dataset.WHITE)));
      all.select(0, at).copy_(bytes.select(0, 0));
    }
  }

  /** What is to be done for each index. */
  private interface Task {
    void at(int index) throws IOException;
  }

  /** Does it for all indices; of several failures the first in their order that was met counts. */
  private static void decode(int[] indices, int threads, Task task) throws IOException {
    AtomicInteger next = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, indices.length));
    try {
      List<Future<?>> workers = new ArrayList<>();
      for (int t = 0; t < Math.min(threads, indices.length); t++) {
        workers.add(
            pool.submit(
                () -> {
                  for (int k = next.getAndIncrement();
                      k < indices.length && !Thread.currentThread().isInterrupted();
                      k = next.getAndIncrement()) {
                    task.at(k);
                  }
                  return null;
                }));
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    } catch (ExecutionException e) {
      throw cause(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("interrupted while pictures were decoded");
    } finally {
      stop(pool);
    }
  }

  /** Waits until no thread writes into the pictures' memory any more. */
  private static void stop(ExecutorService pool) {
    pool.shutdownNow();
    boolean interrupted = false;
    while (true) {
      try {
        if (pool.awaitTermination(1, java.util.concurrent.TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static IOException cause(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof IOException io ? io : new IOException(cause);
  }

  @Override
  public void close() {}
}
