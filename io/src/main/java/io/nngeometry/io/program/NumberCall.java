package io.nngeometry.io.program;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.ToIntFunction;

/** Python's arithmetic of symbolic numbers, such as sizes. */
final class NumberCall {
  private static final Map<String, BinaryOperator<Number>> FUNCTIONS =
      Map.ofEntries(
          Map.entry("add", exact(Math::addExact, Double::sum)),
          Map.entry("sub", exact(Math::subtractExact, (a, b) -> a - b)),
          Map.entry("mul", exact(Math::multiplyExact, (a, b) -> a * b)),
          Map.entry("floordiv", exact(NumberCall::floorDiv, (a, b) -> Math.floor(a / b))),
          Map.entry("mod", exact(NumberCall::floorMod, (a, b) -> a - b * Math.floor(a / b))),
          Map.entry("truediv", (a, b) -> a.doubleValue() / b.doubleValue()),
          Map.entry("pow", exact(NumberCall::power, Math::pow)),
          Map.entry("eq", (a, b) -> truth(a.doubleValue() == b.doubleValue())),
          Map.entry("ne", (a, b) -> truth(a.doubleValue() != b.doubleValue())),
          Map.entry("lt", (a, b) -> truth(a.doubleValue() < b.doubleValue())),
          Map.entry("le", (a, b) -> truth(a.doubleValue() <= b.doubleValue())),
          Map.entry("gt", (a, b) -> truth(a.doubleValue() > b.doubleValue())),
          Map.entry("ge", (a, b) -> truth(a.doubleValue() >= b.doubleValue())),
          Map.entry("sym_max", exact(Math::max, Math::max)),
          Map.entry("sym_min", exact(Math::min, Math::min)),
          Map.entry("neg", (a, b) -> a instanceof Long n ? (Number) (-n) : -a.doubleValue()),
          Map.entry("sym_float", (a, b) -> a.doubleValue()),
          Map.entry("sym_int", (a, b) -> a.longValue()),
          Map.entry("trunc", (a, b) -> a.longValue()),
          Map.entry("floor", (a, b) -> (long) Math.floor(a.doubleValue())),
          Map.entry("ceil", (a, b) -> (long) Math.ceil(a.doubleValue())));

  private NumberCall() {}

  /** The step of {@code node}, if it is such a function. */
  static Optional<Step> of(Node node, ToIntFunction<String> slots) {
    String function = node.target().substring(node.target().lastIndexOf('.') + 1);
    boolean known =
        node.target().startsWith("_operator.")
            || node.target().startsWith("math.")
            || node.target().startsWith("torch.sym_");
    BinaryOperator<Number> f = FUNCTIONS.get(function);
    List<Argument> arguments = List.copyOf(node.arguments().values());
    if (!known || f == null || arguments.isEmpty() || arguments.size() > 2) {
      return Optional.empty();
    }
    Operand a = operand(arguments.get(0), slots);
    Operand b = arguments.size() == 1 ? frame -> 0L : operand(arguments.get(1), slots);
    int out = slots.applyAsInt(node.output());
    return Optional.of(frame -> frame.put(out, f.apply(a.value(frame), b.value(frame))));
  }

  private interface Operand {
    Number value(Frame frame);
  }

  private static Operand operand(Argument argument, ToIntFunction<String> slots) {
    if (argument instanceof Argument.Reference r) {
      int slot = slots.applyAsInt(r.name());
      return frame -> number(frame.get(slot));
    }
    Object value = argument instanceof Argument.Literal l ? l.value() : null;
    Number n = number(value);
    return frame -> n;
  }

  private static Number number(@org.jspecify.annotations.Nullable Object value) {
    if (value instanceof Boolean b) {
      return truth(b);
    }
    if (value instanceof Number n) {
      return n;
    }
    throw new IllegalArgumentException("arithmetic with something that is no number");
  }

  private static Long truth(boolean b) {
    return b ? 1L : 0L;
  }

  private interface OfLongs {
    long apply(long a, long b);
  }

  private interface OfDoubles {
    double apply(double a, double b);
  }

  private static BinaryOperator<Number> exact(OfLongs longs, OfDoubles doubles) {
    return (a, b) ->
        a instanceof Long m && b instanceof Long n
            ? (Number) longs.apply(m, n)
            : doubles.apply(a.doubleValue(), b.doubleValue());
  }

  private static long floorDiv(long a, long b) {
    if (b == 0) {
      throw new IllegalArgumentException("a size is divided by zero");
    }
    return Math.floorDiv(a, b);
  }

  private static long floorMod(long a, long b) {
    if (b == 0) {
      throw new IllegalArgumentException("a size is divided by zero");
    }
    return Math.floorMod(a, b);
  }

  private static long power(long a, long b) {
    long result = 1;
    for (long k = 0; k < Math.min(b, 64); k++) {
      result = Math.multiplyExact(result, a);
    }
    return result;
  }
}
