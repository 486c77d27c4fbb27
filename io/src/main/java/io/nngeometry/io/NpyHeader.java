package io.nngeometry.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Python dictionary at the head of a .npy file.
 *
 * @param swapped whether the elements are big-endian
 * @param fortran whether the first axis varies fastest
 */
record NpyHeader(Dtype dtype, boolean swapped, boolean fortran, long[] shape) {
  private static final Pattern TOKEN =
      Pattern.compile("'([^'\\\\]*)'|\"([^\"\\\\]*)\"|(True|False|\\d+)L?|([{}(),:])");

  private static final String END = "the end";

  /** Parses the dictionary {@code text}. */
  static NpyHeader parse(String text, Place place) throws CorruptFileException {
    return new Parser(tokens(text, place), place).header();
  }

  /** The dictionary as NumPy writes it. */
  static String format(Dtype dtype, String npy, long[] shape) {
    String sizes = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }",
        dtype.size() == 1 ? "|" : "<",
        npy,
        shape.length == 1 ? sizes + "," : sizes);
  }

  private static List<String> tokens(String text, Place place) throws CorruptFileException {
    List<String> tokens = new ArrayList<>();
    Matcher m = TOKEN.matcher(text);
    int at = skipBlanks(text, 0);
    while (at < text.length()) {
      if (!m.find(at) || m.start() != at) {
        throw place.corrupt("its header cannot be read: " + Place.shown(text.substring(at)));
      }
      String string = m.group(1) != null ? m.group(1) : m.group(2);
      // the quote tells the string 'True' from the word True
      tokens.add(string != null ? "'" + string : m.group(3) != null ? m.group(3) : m.group(4));
      at = skipBlanks(text, m.end());
    }
    return tokens;
  }

  private static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** Walks the tokens of one dictionary. */
  private static final class Parser {
    private final List<String> tokens;
    private final Place place;
    private int next;

    Parser(List<String> tokens, Place place) {
      this.tokens = tokens;
      this.place = place;
    }

    NpyHeader header() throws CorruptFileException {
      @Nullable String descr = null;
      @Nullable Boolean fortran = null;
      long @Nullable [] shape = null;
      Set<String> seen = new HashSet<>();
      expect("{");
      while (!accept("}")) {
        String key = take();
        if (!seen.add(key)) {
          throw place.corrupt("its header has two entries " + Place.shown(key.substring(1)));
        }
        expect(":");
        switch (key) {
          case "'descr" -> descr = string();
          case "'fortran_order" -> fortran = bool();
          case "'shape" -> shape = tuple();
          default -> throw unexpected(key);
        }
        if (!accept(",")) {
          expect("}");
          break;
        }
      }
      expect(END);
      if (descr == null || fortran == null || shape == null) {
        throw place.corrupt("its header lacks descr, fortran_order or shape");
      }
      Dtype dtype = dtype(descr);
      return new NpyHeader(dtype, descr.charAt(0) == '>' && dtype.size() > 1, fortran, shape);
    }

    private Dtype dtype(String descr) throws CorruptFileException {
      if (!descr.isEmpty() && "<>|=".indexOf(descr.charAt(0)) >= 0) {
        Dtype dtype = Dtype.ofNpy(descr.substring(1)).orElse(null);
        // elements of several bytes have an order; | says that they have none
        if (dtype != null && (descr.charAt(0) != '|' || dtype.size() == 1)) {
          return dtype;
        }
      }
      throw place.corrupt("its element type '" + Place.shown(descr) + "' is not supported");
    }

    private long[] tuple() throws CorruptFileException {
      List<Long> sizes = new ArrayList<>();
      expect("(");
      while (!accept(")")) {
        sizes.add(number(take()));
        if (!accept(",")) {
          expect(")");
          break;
        }
      }
      return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private String string() throws CorruptFileException {
      String token = take();
      if (!token.startsWith("'")) {
        throw unexpected(token);
      }
      return token.substring(1);
    }

    private boolean bool() throws CorruptFileException {
      String token = take();
      return switch (token) {
        case "True" -> true;
        case "False" -> false;
        default -> throw unexpected(token);
      };
    }

    private long number(String token) throws CorruptFileException {
      try {
        return Long.parseLong(token);
      } catch (NumberFormatException e) {
        throw place.corrupt("its shape holds " + Place.shown(token), e);
      }
    }

    private boolean accept(String token) {
      boolean there = next < tokens.size() && tokens.get(next).equals(token);
      if (there) {
        next++;
      }
      return there;
    }

    private void expect(String token) throws CorruptFileException {
      String taken = take();
      if (!taken.equals(token)) {
        throw unexpected(taken);
      }
    }

    private String take() {
      return next < tokens.size() ? tokens.get(next++) : END;
    }

    private CorruptFileException unexpected(String token) {
      return place.corrupt("its header has " + Place.shown(token) + " in the wrong place");
    }
  }
}
