package io.nngeometry.plot;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Where ticks go and how their numbers read. */
final class Ticks {
  private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  private static final char MINUS = '−';

  private Ticks() {}

  /** The step of the form 1, 2 or 5 times a power of ten that comes nearest to five intervals. */
  static double step(double low, double high) {
    double rough = (high - low) / 5;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double multiple = rough / power;
    // The bounds are the geometric means of the steps beside them.
    double nice = multiple < 1.4142 ? 1 : multiple < 3.1623 ? 2 : multiple < 7.0711 ? 5 : 10;
    return nice * power;
  }

  /** A number on a linear axis with the given step. */
  static String linear(double value, double step) {
    double rounded = Math.rint(value / step) * step;
    if (Math.abs(rounded) < step / 2) {
      return "0";
    }
    int digits = -exponent(step);
    if (digits > 4 || Math.abs(rounded) >= 1e6) {
      return scientific(rounded, Math.max(0, exponent(rounded) - exponent(step)));
    }
    String text =
        BigDecimal.valueOf(rounded)
            .setScale(Math.max(0, digits), RoundingMode.HALF_EVEN)
            .toPlainString();
    return text.replace('-', MINUS);
  }

  /** A number on a logarithmic axis: 10⁻⁴, or 2×10⁻⁴. */
  static String log(double value) {
    int exponent = exponent(value);
    long multiple = Math.round(value / Math.pow(10, exponent));
    String power = "10" + superscript(exponent);
    return multiple == 1 ? power : multiple + "×" + power;
  }

  /** A number among few on a logarithmic axis: as a decimal where that is short. */
  static String plain(double value) {
    return value >= 0.99e-3 && value < 1.01e4
        ? new BigDecimal(value, new MathContext(1)).stripTrailingZeros().toPlainString()
        : log(value);
  }

  /** The powers of ten in a range, every {@code every}-th. */
  static List<Integer> decades(double low, double high, int every) {
    List<Integer> exponents = new ArrayList<>();
    int first = (int) Math.ceil(Math.log10(low) - 1e-9);
    int last = (int) Math.floor(Math.log10(high) + 1e-9);
    for (int k = first; k <= last; k++) {
      if (Math.floorMod(k, every) == 0) {
        exponents.add(k);
      }
    }
    return exponents;
  }

  static int exponent(double value) {
    // Adding a little keeps 9.999999999999999e-5 with 1e-4.
    return (int) Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  }

  private static String scientific(double value, int digits) {
    int exponent = exponent(value);
    BigDecimal mantissa =
        BigDecimal.valueOf(value)
            .scaleByPowerOfTen(-exponent)
            .setScale(digits, RoundingMode.HALF_EVEN)
            .round(MathContext.DECIMAL64);
    return mantissa.toPlainString().replace('-', MINUS) + "×10" + superscript(exponent);
  }

  private static String superscript(int exponent) {
    StringBuilder out = new StringBuilder(exponent < 0 ? "⁻" : "");
    for (char digit : Integer.toString(Math.abs(exponent)).toCharArray()) {
      out.append(SUPERSCRIPTS.charAt(digit - '0'));
    }
    return out.toString();
  }
}
