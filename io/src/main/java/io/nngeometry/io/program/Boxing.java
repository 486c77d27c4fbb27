package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import io.nngeometry.engine.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.ListType;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** How an argument becomes what the dispatcher takes, decided once by the operator's schema. */
@FunctionalInterface
interface Boxing {
  /** The argument's value in a run. */
  IValue value(Frame frame);

  /** Whether the value was made for one run alone, so that whoever asked for it may free it. */
  default boolean isFresh() {
    return true;
  }

  /**
   * Fits {@code argument} to what the operator takes.
   *
   * @param slots numbers the values of a frame
   * @throws IllegalArgumentException if it does not fit
   */
  static Boxing of(Operator.Slot slot, @Nullable Argument argument, ToIntFunction<String> slots) {
    String type = slot.plainType();
    if (argument == null) {
      return constant(new Kind(type).byDefault(slot));
    }
    Boxing boxing = new Kind(type).boxing(argument, slots, slot.isOptional());
    return argument.references().findAny().isPresent() ? boxing : constant(boxing);
  }

  /** Boxes once what is the same in every run; the program keeps it. */
  private static Boxing constant(Boxing once) {
    IValue value = Scope.keeping(() -> Scope.detach(once.value(new Frame(0, new Tensor()))));
    return new Constant(value);
  }

  /** A value that the program keeps. */
  record Constant(IValue kept) implements Boxing {
    @Override
    public IValue value(Frame frame) {
      return kept;
    }

    @Override
    public boolean isFresh() {
      return false;
    }
  }

  /** A plain type of the schema. */
  record Kind(String type) {
    private static final String LIST = "[]";

    Boxing boxing(Argument argument, ToIntFunction<String> slots, boolean optional) {
      if (argument instanceof Argument.Reference r) {
        int slot = slots.applyAsInt(r.name());
        return frame -> scalar(frame.get(slot));
      }
      if (argument instanceof Argument.Literal l) {
        if (l.value() == null) {
          if (!optional) {
            throw new IllegalArgumentException("None where it takes " + type);
          }
          return frame -> new IValue();
        }
        return isList()
            ? list(List.of(element().boxing(l, slots, optional)))
            : frame -> scalar(l.value());
      }
      if (!isList()) {
        throw new IllegalArgumentException("a list where it takes " + type);
      }
      List<Boxing> elements = new ArrayList<>();
      for (Argument e : ((Argument.Sequence) argument).elements()) {
        elements.add(element().boxing(e, slots, type.equals("Tensor?[]")));
      }
      return list(elements);
    }

    private boolean isList() {
      return type.endsWith(LIST);
    }

    private Kind element() {
      String element = type.substring(0, type.length() - LIST.length());
      return new Kind(element.endsWith("?") ? element.substring(0, element.length() - 1) : element);
    }

    private Boxing list(List<Boxing> elements) {
      return frame -> {
        GenericList list = new GenericList(elementType());
        for (Boxing e : elements) {
          list.push_back(e.value(frame));
        }
        return new IValue(list);
      };
    }

    private Type.TypePtr elementType() {
      return switch (type) {
        case "Tensor[]" -> ListType.ofTensors().getElementType();
        case "Tensor?[]" -> ListType.ofOptionalTensors().getElementType();
        case "int[]", "SymInt[]" -> ListType.ofInts().getElementType();
        case "float[]" -> ListType.ofFloats().getElementType();
        case "bool[]" -> ListType.ofBools().getElementType();
        default ->
            throw new IllegalArgumentException("lists of type " + type + " are not supported");
      };
    }

    private IValue scalar(@Nullable Object value) {
      return switch (type) {
        case "int", "SymInt", "ScalarType", "Layout", "MemoryFormat" -> new IValue(integer(value));
        case "float", "SymFloat" -> new IValue(number(value).doubleValue());
        case "bool" -> new IValue(value instanceof Boolean b ? b : integer(value) != 0);
        case "Scalar" ->
            value instanceof Boolean b
                ? new IValue(b.booleanValue())
                : value instanceof Double d
                    ? new IValue(d.doubleValue())
                    : new IValue(integer(value));
        case "Tensor" -> new IValue(value instanceof Tensor t ? t : wrapped(value));
        case "str" -> new IValue(text(value));
        case "Device" -> new IValue(new Device(text(value)));
        default -> throw unfit(value);
      };
    }

    /** A number where a tensor is taken: it has no say in the type of the result. */
    private Tensor wrapped(@Nullable Object value) {
      return torch.wrapped_scalar_tensor(
          value instanceof Double d ? new Scalar(d) : new Scalar(integer(value)));
    }

    private Number number(@Nullable Object value) {
      if (value instanceof Number n) {
        return n;
      }
      throw unfit(value);
    }

    private long integer(@Nullable Object value) {
      if (value instanceof Long n) {
        return n;
      }
      if (value instanceof Boolean b) {
        return b ? 1 : 0;
      }
      throw unfit(value);
    }

    private String text(@Nullable Object value) {
      if (value instanceof String s) {
        return s;
      }
      throw unfit(value);
    }

    private IllegalArgumentException unfit(@Nullable Object value) {
      String what = value instanceof Tensor ? "a tensor" : String.valueOf(value);
      return new IllegalArgumentException(what + " where it takes " + type);
    }

    /** The default, read from the schema's text. */
    Boxing byDefault(Operator.Slot slot) {
      String text = slot.defaultText().orElse(slot.isOptional() ? "None" : "");
      if (text.equals("None")) {
        return frame -> new IValue();
      }
      if (!isList()) {
        return frame -> scalar(literal(text, slot));
      }
      List<Boxing> elements = new ArrayList<>();
      if (text.startsWith("[")) {
        for (String e : text.substring(1, text.length() - 1).split(",", -1)) {
          if (!e.isBlank()) {
            elements.add(frame -> element().scalar(literal(e.trim(), slot)));
          }
        }
      } else {
        int copies = Integer.parseInt(slot.type().replaceAll("\\D", ""));
        for (int k = 0; k < copies; k++) {
          elements.add(frame -> element().scalar(literal(text, slot)));
        }
      }
      return list(elements);
    }

    private static Object literal(String text, Operator.Slot slot) {
      return switch (text) {
        case "" -> throw new IllegalArgumentException("nothing is given for '" + slot.name() + "'");
        case "True" -> true;
        case "False" -> false;
        case "contiguous_format" -> 0L;
        case "long" -> 4L;
        case "Mean" -> 1L;
        default ->
            text.startsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text.matches("-?\\d+") ? (Object) Long.valueOf(text) : Double.valueOf(text);
      };
    }
  }
}
