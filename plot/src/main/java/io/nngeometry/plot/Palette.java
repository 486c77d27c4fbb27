package io.nngeometry.plot;

import java.util.List;

/**
 * Which name has which colour, marker and dash, the same in every figure that uses the palette. The
 * colours are those of Okabe and Ito, which colour-blind readers can tell apart; markers and dashes
 * tell series apart in grey.
 *
 * @param names every name a figure may draw, in a fixed order
 */
public record Palette(List<String> names) {
  /** Checks and copies the names. */
  public Palette {
    names = List.copyOf(names);
    Checks.notEmpty("palette", names);
    Checks.distinct("palette", names);
  }

  /** A palette for these names. */
  public static Palette of(String... names) {
    return new Palette(List.of(names));
  }

  Style style(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException(
          "palette: has no \"" + name + "\"; its names are " + names);
    }
    return Style.of(index);
  }
}
