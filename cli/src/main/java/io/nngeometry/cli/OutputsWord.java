package io.nngeometry.cli;

import io.nngeometry.fisher.Outputs;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Functions of a network's outputs, as the command line names them.
 *
 * @param word the name
 * @param outputs the functions
 */
record OutputsWord(String word, Outputs outputs) {
  private static final Pattern ONE = Pattern.compile("(\\d{1,9})");
  private static final Pattern DIFFERENCE = Pattern.compile("(\\d{1,9})-(\\d{1,9})");

  /** Reads {@code all}, {@code sum}, {@code K} or {@code K1-K2}. */
  static final class Converter implements ITypeConverter<OutputsWord> {
    @Override
    public OutputsWord convert(String word) {
      return of(word);
    }
  }

  /** The functions called {@code word}. */
  static OutputsWord of(String word) {
    Matcher one = ONE.matcher(word);
    Matcher two = DIFFERENCE.matcher(word);
    if (word.equals("all")) {
      return new OutputsWord(word, Outputs.all());
    }
    if (word.equals("sum")) {
      return new OutputsWord(word, Outputs.sum());
    }
    if (one.matches()) {
      return new OutputsWord(word, Outputs.one(Long.parseLong(word)));
    }
    if (two.matches() && !two.group(1).equals(two.group(2))) {
      return new OutputsWord(
          word, Outputs.difference(Long.parseLong(two.group(2)), Long.parseLong(two.group(1))));
    }
    throw new TypeConversionException(
        "no outputs '%s'; there are all, sum, the number K of one, counted from 0, and K1-K2, a difference of two"
            .formatted(word));
  }
}
