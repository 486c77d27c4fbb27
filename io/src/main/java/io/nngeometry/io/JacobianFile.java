package io.nngeometry.io;

import io.nngeometry.fisher.Jacobian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Jacobians in safetensors form, the tensor {@code jacobian} of shape (c, n, d), written some
 * examples at a time: the file may be larger than memory.
 */
public final class JacobianFile {
  /** Name of the tensor. */
  public static final String KEY = "jacobian";

  private JacobianFile() {}

  /**
   * Computes a Jacobian into {@code file}, which appears when it is whole.
   *
   * @param facts what else to tell in the metadata
   * @param progress is told how many examples are done
   * @throws IOException if the file cannot be written; a former file is untouched
   */
  public static void write(
      Path file, Jacobian jacobian, Map<String, String> facts, LongConsumer progress)
      throws IOException {
    AtomicFiles.write(
        file,
        out -> {
          Strips strips = new Strips(out, jacobian, new TreeMap<>(facts));
          try {
            jacobian.forEachPart(
                (first, part) -> {
                  strips.write(first, part);
                  progress.accept(first + part.size(1));
                });
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
        });
  }

  /** Where the parts lie: the examples of one part are a strip of every output. */
  private static final class Strips {
    private final FileChannel out;
    private final Jacobian jacobian;
    private final TreeMap<String, String> facts;
    private long start;

    Strips(FileChannel out, Jacobian jacobian, TreeMap<String, String> facts) {
      this.out = out;
      this.jacobian = jacobian;
      this.facts = facts;
    }

    void write(long first, Tensor part) {
      try {
        if (start == 0) {
          start = begin(part);
        }
        long row = jacobian.parameters() * part.element_size();
        for (long k = 0; k < part.size(0); k++) {
          out.position(start + (k * jacobian.examples() + first) * row);
          TensorData.write(out, part.select(0, k));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private long begin(Tensor part) throws IOException {
      long[] shape = {part.size(0), jacobian.examples(), jacobian.parameters()};
      long numbers = Math.multiplyExact(Math.multiplyExact(shape[0], shape[1]), shape[2]);
      SafetensorsHeader.Entry entry =
          new SafetensorsHeader.Entry(
              TensorData.writable(part, KEY),
              shape,
              0,
              Math.multiplyExact(numbers, part.element_size()));
      ByteBuffer head = Safetensors.head(new SafetensorsHeader(Map.of(KEY, entry), facts));
      long length = head.limit();
      Sources.write(out, head);
      return length;
    }
  }
}
