package io.nngeometry.plot;

/** How numbers become colours; both read in grey and with any colour vision. */
public enum ColorMap {
  /**
   * Viridis, from dark blue to yellow in even steps of lightness: from the least value to the
   * greatest.
   */
  SEQUENTIAL(
      0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C,
      0xFDE725),
  /** ColorBrewer's RdBu, blue below zero, white at it, red above: symmetric about zero. */
  DIVERGING(
      0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xF4A582, 0xD6604D,
      0xB2182B, 0x67001F);

  private static final int STEPS = 256;

  @SuppressWarnings("ImmutableEnumChecker") // filled once, never handed out
  private final int[] table;

  ColorMap(int... anchors) {
    table = new int[STEPS];
    for (int i = 0; i < STEPS; i++) {
      double at = (double) i * (anchors.length - 1) / (STEPS - 1);
      int left = Math.min((int) at, anchors.length - 2);
      table[i] = mix(anchors[left], anchors[left + 1], at - left);
    }
  }

  /** The colour, as 0xRRGGBB, of a position from 0 to 1; positions outside take the ends. */
  int rgb(double position) {
    double bounded = Math.min(1, Math.max(0, position));
    return table[(int) Math.round(bounded * (STEPS - 1))];
  }

  private static int mix(int from, int to, double share) {
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = from >> shift & 0xFF;
      int b = to >> shift & 0xFF;
      mixed |= (int) Math.round(a + share * (b - a)) << shift;
    }
    return mixed;
  }
}
