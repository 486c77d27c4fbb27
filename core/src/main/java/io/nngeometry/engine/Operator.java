package io.nngeometry.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * An operator of libtorch by its name, called through the dispatcher: differentiable in both modes
 * like every other call.
 */
public final class Operator {
  private final OperatorHandle handle;
  private final String schema;
  private final List<Slot> slots;

  /**
   * What an operator takes in one place.
   *
   * @param name the argument's name
   * @param type as the schema writes it: {@code Tensor}, {@code SymInt[2]}, {@code float?}, …
   * @param defaultText the default as the schema writes it; empty where there is none
   */
  public record Slot(String name, String type, Optional<String> defaultText) {
    /** Whether the type is an optional one, whose absence is {@code None}. */
    public boolean isOptional() {
      return type.endsWith("?");
    }

    /** The type without what marks an alias, a fixed length or an optional: {@code SymInt[]}. */
    public String plainType() {
      String t = isOptional() ? type.substring(0, type.length() - 1) : type;
      return t.replaceAll("\\(.*?\\)", "").replaceAll("\\[\\d+\\]", "[]");
    }
  }

  private Operator(OperatorHandle handle, String schema) {
    this.handle = handle;
    this.schema = schema;
    this.slots = parse(schema);
  }

  /**
   * The operator {@code aten::name}, if this libtorch has it.
   *
   * @param overload {@code Tensor}, {@code dim_IntList}, …; empty for the default
   */
  public static Optional<Operator> find(String name, String overload) {
    try (Scope scope = Scope.open()) {
      OperatorHandleOptional found =
          Dispatcher.singleton().findSchema(new OperatorName("aten::" + name, overload));
      if (!found.has_value()) {
        return Optional.empty();
      }
      OperatorHandle handle = Scope.detach(new OperatorHandle(found.get()));
      String state = handle.dumpState().getString();
      String schema =
          state
              .lines()
              .filter(line -> line.startsWith("schema: "))
              .findFirst()
              .orElseThrow()
              .substring("schema: ".length());
      return Optional.of(new Operator(handle, schema));
    }
  }

  /** What it takes, in order. */
  public List<Slot> slots() {
    return slots;
  }

  /** What it takes and gives, in libtorch's own notation. */
  @Override
  public String toString() {
    return schema;
  }

  /**
   * Calls the operator.
   *
   * @param arguments one for each slot, which stay the caller's
   * @return its results: a {@link Tensor}, a list of tensors, or null where it gives none
   * @throws RuntimeException libtorch's own, if it refuses the arguments
   */
  public List<Result> call(IValue... arguments) {
    if (arguments.length != slots.size()) {
      throw new IllegalArgumentException("%d arguments for %s".formatted(arguments.length, schema));
    }
    IValueVector stack = new IValueVector(arguments);
    try {
      handle.callBoxed(stack);
      List<Result> results = new ArrayList<>();
      for (long k = 0; k < stack.size(); k++) {
        results.add(Result.of(stack.get(k)));
      }
      return results;
    } finally {
      stack.close();
    }
  }

  /**
   * One thing that an operator gives.
   *
   * @param tensors one tensor; any number if {@code list}
   * @param number its value, if it is no tensor but a number
   */
  public record Result(List<Tensor> tensors, boolean list, Optional<Number> number) {
    /** The one tensor, or the number. */
    public Object value() {
      return number.isPresent() ? number.get() : tensors.get(0);
    }

    private static Result of(IValue value) {
      if (value.isTensor()) {
        // a reference into the stack, which dies with it
        return new Result(List.of(new Tensor(value.toTensor())), false, Optional.empty());
      }
      if (value.isTensorList()) {
        TensorVector vector = value.toTensorVector();
        List<Tensor> tensors = new ArrayList<>();
        for (long k = 0; k < vector.size(); k++) {
          // an element of a vector is a reference into it and dies with it
          tensors.add(new Tensor(vector.get(k)));
        }
        return new Result(List.copyOf(tensors), true, Optional.empty());
      }
      Number number =
          value.isInt()
              ? Long.valueOf(value.toInt())
              : value.isBool() ? Long.valueOf(value.toBool() ? 1 : 0) : (Number) value.toDouble();
      return new Result(List.of(), false, Optional.of(number));
    }
  }

  /** {@code aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor}. */
  private static List<Slot> parse(String schema) {
    int open = schema.indexOf('(');
    List<Slot> slots = new ArrayList<>();
    int depth = 0;
    boolean quoted = false;
    int start = open + 1;
    for (int i = open + 1; i < schema.length(); i++) {
      char c = schema.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == '(' || c == '[')) {
        depth++;
      } else if (!quoted && depth > 0 && (c == ')' || c == ']')) {
        depth--;
      } else if (!quoted && depth == 0 && (c == ',' || c == ')')) {
        String text = schema.substring(start, i).trim();
        if (!text.isEmpty() && !text.equals("*")) {
          slots.add(slot(text));
        }
        start = i + 1;
        if (c == ')') {
          break;
        }
      }
    }
    return List.copyOf(slots);
  }

  private static Slot slot(String text) {
    int equals = text.indexOf('=');
    String declared = equals < 0 ? text : text.substring(0, equals);
    int space = declared.lastIndexOf(' ');
    return new Slot(
        declared.substring(space + 1),
        declared.substring(0, space).trim(),
        equals < 0 ? Optional.empty() : Optional.of(text.substring(equals + 1)));
  }
}
