package io.nngeometry.models.data;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Size and colour that pictures are brought to.
 *
 * @param height of all pictures in pixels, or zero for their own
 * @param width of all pictures in pixels, or zero for their own
 * @param fit how a picture of other proportions gets there
 * @param colour channels
 */
public record Framing(int height, int width, Fit fit, Colour colour) {
  /** Pictures as they are. */
  public static final Framing AS_IS = new Framing(0, 0, Fit.CROP, Colour.AS_IS);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");
  private static final int MOST = 1 << 14;

  /** How a picture of other proportions is brought to a size. */
  public enum Fit {
    /** The largest window of the right proportions in the middle is scaled. */
    CROP,

    /** All of it is scaled, each axis by its own factor. */
    STRETCH
  }

  /** Channels of a picture. */
  public enum Colour {
    /** As the source has them. */
    AS_IS(0),

    /** One channel: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). */
    GREY(1),

    /** Three channels; of grey pictures they are equal. */
    RGB(3);

    private final int channels;

    Colour(int channels) {
      this.channels = channels;
    }

    /** How many channels, where {@code own} are there. */
    int channels(int own) {
      return this == AS_IS ? own : channels;
    }

    /**
     * The colour called {@code word}: {@code grey} or {@code rgb}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Colour of(String word) {
      return Arrays.stream(values())
          .filter(c -> c != AS_IS && c.name().equals(word.toUpperCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "no colour '%s'; there are grey and rgb".formatted(word)));
    }
  }

  /** Checks the size. */
  public Framing {
    boolean own = height == 0 && width == 0;
    if (!own && (height < 1 || width < 1 || height > MOST || width > MOST)) {
      throw new IllegalArgumentException(
          "pictures cannot be %d x %d pixels; sides are from 1 to %d"
              .formatted(height, width, MOST));
    }
  }

  /** Squares of {@code side} pixels. */
  public static Framing of(int side) {
    return of(side, side);
  }

  /** Pictures of this size. */
  public static Framing of(int height, int width) {
    if (height == 0) {
      throw new IllegalArgumentException("pictures cannot be 0 pixels high");
    }
    return new Framing(height, width, Fit.CROP, Colour.AS_IS);
  }

  /**
   * The size that {@code text} names: {@code 64}, or {@code 48x64} (height, width).
   *
   * @throws IllegalArgumentException if it names none
   */
  public static Framing parse(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no size of pictures: write 64, or 48x64 (height x width)".formatted(text));
    }
    int height = Integer.parseInt(size.group(1));
    return of(height, size.group(2) == null ? height : Integer.parseInt(size.group(2)));
  }

  /** The same size, with other proportions fitted so. */
  public Framing fit(Fit other) {
    return new Framing(height, width, other, colour);
  }

  /** The same size in this colour. */
  public Framing colour(Colour other) {
    return new Framing(height, width, fit, other);
  }

  /** The same size in three channels. */
  public Framing rgb() {
    return colour(Colour.RGB);
  }

  /** Whether pictures keep their size. */
  boolean keepsSize() {
    return height == 0;
  }
}
