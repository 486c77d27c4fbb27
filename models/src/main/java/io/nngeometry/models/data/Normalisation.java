package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What becomes of a pixel, a number p from 0 (black) to 1 (white): (p - mean) / deviation.
 *
 * @param mean one number for all channels, or one each
 * @param deviation as many
 */
public record Normalisation(List<Double> mean, List<Double> deviation) {
  /** Pixels from 0 to 1. */
  public static final Normalisation UNIT = of(0, 1);

  /** Pixels from -1 to 1. */
  public static final Normalisation SYMMETRIC = of(0.5, 0.5);

  private static final Pattern COMMA = Pattern.compile(",");

  /** Checks and copies. */
  public Normalisation {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.isEmpty()
        || mean.size() != deviation.size()
        || !mean.stream().allMatch(Double::isFinite)
        || !deviation.stream().allMatch(s -> Double.isFinite(s) && s > 0)) {
      throw new IllegalArgumentException(
          "a normalisation needs a finite mean and a deviation above zero for each channel, not %s and %s"
              .formatted(mean, deviation));
    }
  }

  /** The same for all channels. */
  public static Normalisation of(double mean, double deviation) {
    return new Normalisation(List.of(mean), List.of(deviation));
  }

  /**
   * The one that {@code text} names: {@code unit}, {@code symmetric}, or means and deviations as in
   * {@code 0.49,0.48,0.45/0.25,0.24,0.26}.
   *
   * @throws IllegalArgumentException if it names none
   */
  public static Normalisation parse(String text) {
    if (text.equals("unit")) {
      return UNIT;
    }
    if (text.equals("symmetric")) {
      return SYMMETRIC;
    }
    String[] sides = text.split("/", -1);
    try {
      if (sides.length == 2) {
        return new Normalisation(numbers(sides[0]), numbers(sides[1]));
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "'%s' is no normalisation: write unit, symmetric, standard, or MEANS/DEVIATIONS as in 0.5,0.5,0.5/0.2,0.2,0.2"
            .formatted(text));
  }

  private static List<Double> numbers(String text) {
    return COMMA.splitAsStream(text).map(Double::valueOf).toList();
  }

  /**
   * The one that gives every channel of these pictures the mean zero and the deviation one.
   *
   * @throws IllegalArgumentException if they are no pictures
   */
  public static Normalisation standardising(Dataset pictures) {
    Dataset unit = pictures.normalised(UNIT).as(ScalarType.Double);
    double[][] sums = new double[2][];
    long[] count = {0};
    unit.examples()
        .batches(256)
        .forEach(
            batch -> {
              Tensor x = batch.inputs().get(0);
              add(sums, 0, Tensors.sum(x, false, 0, 2, 3));
              add(sums, 1, Tensors.sum(x.square(), false, 0, 2, 3));
              count[0] += x.numel() / x.size(1);
            });
    double[] mean = Arrays.stream(sums[0]).map(s -> s / count[0]).toArray();
    double[] deviation = new double[mean.length];
    Arrays.setAll(
        deviation, c -> Math.sqrt(Math.max(0, sums[1][c] / count[0] - mean[c] * mean[c])));
    // a channel without any contrast stays without
    return new Normalisation(
        Arrays.stream(mean).boxed().toList(),
        Arrays.stream(deviation).map(s -> s > 0 ? s : 1).boxed().toList());
  }

  private static void add(double[][] sums, int k, Tensor more) {
    double[] values = Tensors.toArray(more);
    if (sums[k] == null) {
      sums[k] = values;
    } else {
      Arrays.setAll(sums[k], c -> sums[k][c] + values[c]);
    }
  }

  /** Applies it to {@code pixels}, (n, channels, height, width), from 0 to {@code white}. */
  Tensor apply(Tensor pixels, int white) {
    check(pixels.size(1));
    try (Scope scope = Scope.open()) {
      double[] factor = deviation.stream().mapToDouble(s -> 1 / (white * s)).toArray();
      double[] shift = new double[factor.length];
      Arrays.setAll(shift, c -> -mean.get(c) / deviation.get(c));
      return scope.keep(pixels.mul(like(factor, pixels)).add_(like(shift, pixels)));
    }
  }

  private static Tensor like(double[] values, Tensor pixels) {
    return Tensors.of(values, values.length, 1, 1).to(pixels.device(), Tensors.type(pixels));
  }

  /** Fails unless it fits so many channels. */
  void check(long channels) {
    if (mean.size() != 1 && mean.size() != channels) {
      throw new IllegalArgumentException(
          "the normalisation has numbers for %d channels, and the pictures have %d"
              .formatted(mean.size(), channels));
    }
  }

  @Override
  public String toString() {
    return equals(UNIT)
        ? "unit"
        : equals(SYMMETRIC) ? "symmetric" : text(mean) + "/" + text(deviation);
  }

  private static String text(List<Double> numbers) {
    return String.join(",", numbers.stream().map(String::valueOf).toList());
  }
}
