package io.nngeometry.cli;

import java.util.Arrays;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine.TypeConversionException;

/** The floating types a computation can have. */
enum FloatType {
  FLOAT32(ScalarType.Float, 4),
  FLOAT64(ScalarType.Double, 8);

  private final ScalarType type;
  private final int bytes;

  FloatType(ScalarType type, int bytes) {
    this.type = type;
    this.bytes = bytes;
  }

  /** The type called {@code word} on the command line. */
  static FloatType of(String word) {
    return Arrays.stream(values())
        .filter(t -> t.toString().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "no type '%s'; there are float32 and float64".formatted(word)));
  }

  /** libtorch's name. */
  ScalarType type() {
    return type;
  }

  /** Bytes of a number. */
  int bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
