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
 * try (TrainTest digits = Digits.load().split(0)) {
 *   train(net, digits.train().images(), digits.train().labels());
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

  /** Pixels row by row, then the label. */
  private final List<int[]> rows;

  private Digits(List<int[]> rows) {
    this.rows = rows;
  }

  /** Loads the embedded data. */
  public static Digits load() {
    InputStream resource =
        Objects.requireNonNull(Digits.class.getResourceAsStream("digits.csv.gz"), "digits.csv.gz");
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.US_ASCII))) {
      return new Digits(lines.lines().map(Digits::row).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * All images in the order of the file: float32 {@code (1797, 1, 8, 8)}, from -1 (paper) to 1
   * (ink); labels int64 {@code (1797)}. They belong to the caller.
   */
  public LabelledImages all() {
    try (Scope scope = Scope.open()) {
      Tensor images =
          pixels().to(ScalarType.Float).div_(Tensors.scalar(SIDE)).sub_(Tensors.scalar(1));
      return new LabelledImages(scope.keep(images), scope.keep(labels()));
    }
  }

  private Tensor pixels() {
    long[] values =
        rows.stream().flatMapToInt(row -> Arrays.stream(row, 0, PIXELS)).asLongStream().toArray();
    return Tensors.of(values, rows.size(), 1, SIDE, SIDE);
  }

  private Tensor labels() {
    return Tensors.of(classes(), rows.size());
  }

  private long[] classes() {
    return rows.stream().mapToLong(row -> row[PIXELS]).toArray();
  }

  /**
   * 1,347 images to train on and 450 held out, each in a random order. Both have every class in the
   * same proportion. The same {@code seed} always gives the same split.
   */
  public TrainTest split(long seed) {
    Split split = Split.of(classes(), seed);
    try (Scope scope = Scope.open()) {
      LabelledImages all = all();
      return new TrainTest(
          keep(scope, all.select(split.part(Part.TRAIN))),
          keep(scope, all.select(split.part(Part.TEST))));
    }
  }

  /** All images a byte a pixel, from 0 (paper) to 16 (ink). */
  Dataset dataset() {
    try (Scope scope = Scope.open()) {
      Tensor pixels = pixels().to(ScalarType.Byte);
      return Dataset.of(pixels, labels(), NAMES, WHITE).keep(scope);
    }
  }

  private static LabelledImages keep(Scope scope, LabelledImages data) {
    scope.keep(data.images());
    scope.keep(data.labels());
    return data;
  }

  private static int[] row(String line) {
    return Arrays.stream(line.split(",", -1)).mapToInt(Integer::parseInt).toArray();
  }
}
