package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * 1,797 handwritten digits of 8 x 8 pixels, small enough to be part of the library: Alpaydin and
 * Kaynak, <a href="https://doi.org/10.24432/C50P49">Optical Recognition of Handwritten Digits</a>,
 * UCI Machine Learning Repository, CC BY 4.0.
 *
 * <pre>{@code
 * try (Dataset digits = Digits.train(0).take(500)) {
 *   PMat fisher = Fisher.of(net, Metric.categorical()).on(digits.examples()).as(KFAC);
 * }
 * }</pre>
 */
public final class Digits {
  /** The number of classes: the labels are 0 to 9. */
  public static final int CLASSES = 10;

  private static final int SIDE = 8;
  private static final int PIXELS = SIDE * SIDE;

  /** The byte of full ink. */
  private static final int WHITE = 16;

  private static final List<String> NAMES =
      IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();

  private Digits() {}

  /**
   * All images in the order of the file: (1797, 1, 8, 8), stored a byte a pixel, read as numbers
   * from -1 (paper) to 1 (ink); labels int64 (1797). They belong to the caller.
   */
  public static Dataset all() {
    List<int[]> rows = rows();
    long[] values =
        rows.stream().flatMapToInt(row -> Arrays.stream(row, 0, PIXELS)).asLongStream().toArray();
    try (Scope scope = Scope.open()) {
      Tensor pixels = Tensors.of(values, rows.size(), 1, SIDE, SIDE).to(ScalarType.Byte);
      Tensor labels =
          Tensors.of(rows.stream().mapToLong(row -> row[PIXELS]).toArray(), rows.size());
      return Dataset.of(pixels, labels, NAMES, WHITE).keep(scope);
    }
  }

  /**
   * 1,347 images to train on, in a random order. The same {@code seed} always gives the same ones,
   * with every class in proportion.
   */
  public static Dataset train(long seed) {
    return part(Part.TRAIN, seed);
  }

  /** The other 450, held out, in a random order. */
  public static Dataset test(long seed) {
    return part(Part.TEST, seed);
  }

  private static Dataset part(Part part, long seed) {
    try (Dataset all = all()) {
      return all.select(Split.of(all.labels().orElseThrow(), seed).part(part));
    }
  }

  /** Pixels row by row, then the label. */
  private static List<int[]> rows() {
    InputStream resource =
        Objects.requireNonNull(Digits.class.getResourceAsStream("digits.csv.gz"), "digits.csv.gz");
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.US_ASCII))) {
      return lines.lines().map(Digits::row).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] row(String line) {
    return Arrays.stream(line.split(",", -1)).mapToInt(Integer::parseInt).toArray();
  }
}
