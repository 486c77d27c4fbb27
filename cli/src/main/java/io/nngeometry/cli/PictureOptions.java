package io.nngeometry.cli;

import static io.nngeometry.cli.DataOptions.converted;

import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Framing;
import io.nngeometry.models.data.Normalisation;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** What becomes of pictures on their way to the network. */
final class PictureOptions {
  private static final String STANDARD = "standard";

  @Option(
      names = "--resize",
      paramLabel = "SIZE",
      converter = Sizes.class,
      description =
          "Bring pictures to SIZE, as in 64 or 48x64 (height x width); what does not fit is cut"
              + " off on both sides.")
  private @Nullable Framing size;

  @Option(
      names = "--stretch",
      description = "With --resize: cut nothing off, change the proportions.")
  private boolean stretch;

  @Option(
      names = "--colour",
      paramLabel = "NAME",
      converter = Colours.class,
      description = "grey or rgb: channels of pictures. Default: their own.")
  private Framing.@Nullable Colour colour;

  @Option(
      names = "--normalise",
      paramLabel = "HOW",
      converter = Normalisations.class,
      description =
          "symmetric: pixels from -1 to 1. unit: from 0 to 1. standard: mean 0 and deviation 1 in"
              + " each channel of the training part. Or MEANS/DEVIATIONS of the channels, as in"
              + " 0.5,0.5,0.5/0.2,0.2,0.2. Default: symmetric.")
  private @Nullable String normalisation;

  /** Reads the size of pictures. */
  static final class Sizes implements ITypeConverter<Framing> {
    @Override
    public Framing convert(String word) {
      return converted(() -> Framing.parse(word));
    }
  }

  /** Reads the name of a colour. */
  static final class Colours implements ITypeConverter<Framing.Colour> {
    @Override
    public Framing.Colour convert(String word) {
      return converted(() -> Framing.Colour.of(word));
    }
  }

  /** Checks the name of a normalisation, of which one needs the data. */
  static final class Normalisations implements ITypeConverter<String> {
    @Override
    public String convert(String word) {
      return word.equals(STANDARD) ? word : converted(() -> Normalisation.parse(word)).toString();
    }
  }

  /** Reads the pictures that a normalisation is measured on. */
  interface Reading {
    /** All of them, which belong to the caller. */
    Dataset all() throws IOException;
  }

  /** Their size and colour. */
  Framing framing() {
    Framing sized = size == null ? Framing.AS_IS : size;
    Framing fitted = stretch ? sized.fit(Framing.Fit.STRETCH) : sized;
    return colour == null ? fitted : fitted.colour(colour);
  }

  /**
   * What {@code raw} pictures, which are closed, become; {@code training} has those to train on.
   */
  Dataset normalised(Dataset raw, Reading training) throws IOException {
    if (normalisation == null) {
      return raw;
    }
    try (raw) {
      if (!normalisation.equals(STANDARD)) {
        return raw.normalised(Normalisation.parse(normalisation));
      }
      try (Dataset train = training.all()) {
        return raw.normalised(Normalisation.standardising(train));
      }
    }
  }

  /** Adds what is not left as it is, by option. */
  void addTo(Map<String, Object> settings) {
    Framing framing = framing();
    if (size != null) {
      settings.put("resize", "%dx%d".formatted(framing.height(), framing.width()));
      settings.put("stretch", stretch);
    }
    if (colour != null) {
      settings.put("colour", framing.colour().name().toLowerCase(Locale.ROOT));
    }
    if (normalisation != null) {
      settings.put("normalise", normalisation);
    }
  }
}
