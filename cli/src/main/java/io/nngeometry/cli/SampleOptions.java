package io.nngeometry.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which held-out images are read, how many at a time and in which type, and the seed of chance. */
final class SampleOptions {
  private static final int QUICK = 150;

  @Option(
      names = "--n",
      paramLabel = "N",
      description =
          "Held-out images to use. Default: all 450 digits, or 500 where a command knows other"
              + " data.")
  private @Nullable Integer n;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "150",
      description = "Images per minibatch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float64",
      converter = CompareOptions.Precision.class,
      description = "float64 or float32, of matrices and products. Default: ${DEFAULT-VALUE}.")
  private FloatType dtype;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  /** Fails on values that make no sense. */
  void check(Check check, int available) {
    check.between("--n", n == null ? 1 : n, 1, available);
    check.atLeast("--batch", batch, 1);
  }

  /** How many of the {@code available} images to use. */
  int examples(boolean quick, int available) {
    return n != null ? n : quick ? Math.min(QUICK, available) : available;
  }

  /** How many images to read at the most, where {@code usual} is what suits. */
  int most(boolean quick, int usual) {
    return n != null ? n : quick ? Math.min(QUICK, usual) : usual;
  }

  /** Images per minibatch. */
  int batch() {
    return batch;
  }

  /** Type of matrices and products. */
  FloatType dtype() {
    return dtype;
  }

  /** Seed of everything random. */
  long seed() {
    return seed;
  }

  /** Adds the settings that say how the images are read, by option. */
  void addTo(Map<String, Object> settings) {
    settings.put("batch", batch);
    settings.put("dtype", dtype.toString());
    settings.put("seed", seed);
  }
}
