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
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
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

  /** Every how many-th image is held out. */
  private static final int HELD_OUT = 4;

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
      long[] labels = rows.stream().mapToLong(row -> row[PIXELS]).toArray();
      long[] values =
          rows.stream().flatMapToInt(row -> Arrays.stream(row, 0, PIXELS)).asLongStream().toArray();
      Tensor images =
          Tensors.of(values, rows.size(), 1, SIDE, SIDE)
              .to(ScalarType.Float)
              .div_(Tensors.scalar(SIDE))
              .sub_(Tensors.scalar(1));
      return new LabelledImages(scope.keep(images), scope.keep(Tensors.of(labels, rows.size())));
    }
  }

  /**
   * 1,347 images to train on and 450 held out, each in a random order. Both have every class in the
   * same proportion. The same {@code seed} always gives the same split.
   */
  public TrainTest split(long seed) {
    int[] order = Permutation.of(rows.size(), seed);
    boolean[] heldOut = heldOut(order);
    try (Scope scope = Scope.open()) {
      LabelledImages all = all();
      return new TrainTest(
          keep(scope, all.select(Arrays.stream(order).filter(i -> !heldOut[i]).toArray())),
          keep(scope, all.select(Arrays.stream(order).filter(i -> heldOut[i]).toArray())));
    }
  }

  /** Every fourth image once they are sorted by class, and in a class by {@code order}. */
  private boolean[] heldOut(int[] order) {
    List<Integer> byClass =
        Arrays.stream(order)
            .boxed()
            .sorted(Comparator.comparingInt(i -> rows.get(i)[PIXELS]))
            .toList();
    boolean[] heldOut = new boolean[order.length];
    for (int k = 0; k < order.length; k += HELD_OUT) {
      heldOut[byClass.get(k)] = true;
    }
    return heldOut;
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
