package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.TangentKernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Tangent kernels larger than memory: written tile by tile to a .npy file, which {@code
 * numpy.load(path, mmap_mode="r")} maps, and used from there.
 *
 * <pre>{@code
 * try (StoredKernel K = KernelFile.write(path, TangentKernel.of(model).on(data))) {
 *   FVector u = K.solve(targets, Damping.tikhonov(1e-2));
 * }
 * }</pre>
 *
 * <p>Until it is whole the file has the ending {@code .part}, beside a list of its finished tiles,
 * {@code .tiles}: a computation that was stopped in any way goes on from there when it is started
 * again. One tile is computed anew to see that the part is of the same kernel.
 */
public final class KernelFile {
  private static final double SAME = 1e-4;

  private KernelFile() {}

  /**
   * Computes a kernel into {@code file}, or goes on with it, and opens it.
   *
   * @throws IOException if a file cannot be written, or the part that is there is of another kernel
   */
  public static StoredKernel write(Path file, TangentKernel kernel) throws IOException {
    Path part = beside(file, ".part");
    Path list = beside(file, ".tiles");
    long c = kernel.functions();
    long n = kernel.examples();
    Dtype dtype = Dtype.of(kernel.type()).orElseThrow();
    String npy = dtype.npy().orElseThrow();
    ByteBuffer head = Npy.head(NpyHeader.format(dtype, npy, new long[] {c, n, c, n}));
    long bytes = Math.multiplyExact(Math.multiplyExact(c * n, c * n), dtype.size());
    Set<String> done = Files.exists(part) ? read(list) : Set.of();
    try (FileChannel out =
            FileChannel.open(
                part,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        FileChannel names =
            FileChannel.open(
                list,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                done.isEmpty()
                    ? StandardOpenOption.TRUNCATE_EXISTING
                    : StandardOpenOption.APPEND)) {
      Tiles tiles = new Tiles(out, head.limit(), c, n, dtype);
      if (done.isEmpty()) {
        out.truncate(0);
        Sources.write(out, head);
        out.write(ByteBuffer.allocate(1), head.limit() + bytes - 1);
      } else if (!beginsWith(out, head) || out.size() != head.limit() + bytes) {
        throw other(part, list);
      } else if (names.size() > 0) {
        // what a kill cut short ends here and matches no tile
        names.write(ByteBuffer.wrap(new byte[] {'\n'}));
      }
      boolean[] compared = {false};
      kernel.forEachTile(
          (row, rows, column, columns, elements) -> {
            String name = "%d+%d,%d+%d;".formatted(row, rows, column, columns);
            try {
              if (!done.contains(name)) {
                tiles.write(row, column, elements.get());
                out.force(false);
                names.write(ByteBuffer.wrap((name + "\n").getBytes(StandardCharsets.US_ASCII)));
                names.force(false);
              } else if (!compared[0]) {
                compared[0] = true;
                if (!tiles.agree(row, column, elements.get())) {
                  throw other(part, list);
                }
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      out.force(true);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(list);
    return StoredKernel.open(file);
  }

  private static IOException other(Path part, Path list) {
    return new IOException(
        "%s holds part of another kernel: delete it and %s to begin anew".formatted(part, list));
  }

  private static Path beside(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  private static Set<String> read(Path list) throws IOException {
    Set<String> done = new HashSet<>();
    if (Files.exists(list)) {
      for (String line : Files.readAllLines(list, StandardCharsets.ISO_8859_1)) {
        if (line.endsWith(";")) {
          done.add(line);
        }
      }
    }
    return done;
  }

  private static boolean beginsWith(FileChannel in, ByteBuffer head) throws IOException {
    ByteBuffer found = ByteBuffer.allocate(head.limit());
    while (found.hasRemaining() && in.read(found, found.position()) >= 0) {
      // until all is read, or the file ends
    }
    return found.flip().equals(head.duplicate().rewind());
  }

  /** A kernel's tiles in its file. */
  private record Tiles(FileChannel file, long start, long c, long n, Dtype dtype) {

    private interface Segment {
      void move(ByteBuffer numbers, long position) throws IOException;
    }

    /** Writes elements (c, rows, c, columns), and the same on the other side of the diagonal. */
    void write(long row, long column, Tensor elements) throws IOException {
      Segment writing =
          (numbers, position) -> {
            while (numbers.hasRemaining()) {
              position += file.write(numbers, position);
            }
          };
      try (Scope scope = Scope.open()) {
        move(row, column, elements.cpu().contiguous(), writing);
        if (row != column) {
          move(column, row, elements.cpu().permute(2, 3, 0, 1).contiguous(), writing);
        }
      }
    }

    /** Whether the file holds these elements but for rounding. */
    boolean agree(long row, long column, Tensor elements) throws IOException {
      try (Scope scope = Scope.open()) {
        Tensor found = elements.cpu().contiguous().clone();
        move(
            row,
            column,
            found,
            (numbers, position) -> {
              while (numbers.hasRemaining()) {
                int read = file.read(numbers, position);
                if (read < 0) {
                  throw new IOException("the file ends within its data");
                }
                position += read;
              }
            });
        double apart = Tensors.item(found.sub(elements).norm());
        return apart <= SAME * Tensors.item(elements.norm());
      }
    }

    /** Each run of columns, which is one piece of the file. */
    private void move(long row, long column, Tensor tile, Segment segment) throws IOException {
      long rows = tile.size(1);
      int run = Math.toIntExact(tile.size(3) * dtype.size());
      for (long k = 0; k < c; k++) {
        for (long i = 0; i < rows; i++) {
          long at = (k * rows + i) * c * run;
          ByteBuffer numbers = TensorData.window(tile, at, at + c * run);
          for (long other = 0; other < c; other++) {
            int from = Math.toIntExact(other * run);
            ByteBuffer piece = numbers.duplicate().limit(from + run).position(from);
            long element = ((k * n + row + i) * c + other) * n + column;
            segment.move(piece, start + element * dtype.size());
          }
        }
      }
    }
  }
}
