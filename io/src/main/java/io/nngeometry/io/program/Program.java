package io.nngeometry.io.program;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An exported program as its file describes it.
 *
 * @param inputs the graph's inputs, in order
 * @param nodes its calls, in order
 * @param outputs what the user gets, in order
 * @param tensors type and shape of tensors by name
 * @param numbers symbolic numbers by name
 * @param ranges least and greatest values of symbols
 */
record Program(
    List<Input> inputs,
    List<Node> nodes,
    List<Argument> outputs,
    Map<String, TensorFacts> tensors,
    Map<String, Size> numbers,
    Map<String, Range> ranges) {

  /** Where an input of the graph comes from. */
  enum Origin {
    /** The user. */
    USER,
    /** A trained parameter. */
    PARAMETER,
    /** A tensor of the state that is not trained. */
    BUFFER,
    /** A tensor that was lifted out of the code. */
    CONSTANT,
    /** A number that the export fixed. */
    FIXED
  }

  /**
   * An input of the graph.
   *
   * @param name in the graph
   * @param origin where it comes from
   * @param fullName name in the state, {@code block.fc.weight}; the graph's name for the user's
   */
  record Input(String name, Origin origin, String fullName) {}

  /** Type and shape of a tensor when it was exported. */
  record TensorFacts(ScalarType type, List<Size> sizes) {
    TensorFacts {
      sizes = List.copyOf(sizes);
    }

    long[] hints() {
      return sizes.stream().mapToLong(Size::hint).toArray();
    }
  }

  /**
   * A size.
   *
   * @param hint its value when the program was exported
   * @param expression the expression it stands for, if it is not fixed
   * @param symbol the one symbol that the expression is, if it is one and nothing else
   */
  record Size(long hint, Optional<String> expression, Optional<String> symbol) {
    Size(long hint, Optional<String> expression) {
      this(hint, expression, expression.flatMap(Size::symbol));
    }

    static Size fixed(long value) {
      return new Size(value, Optional.empty());
    }

    /** The one symbol that an expression is, if it is one and nothing else. */
    private static Optional<String> symbol(String e) {
      String text = e.matches("Symbol\\('\\w+'[^()]*\\)") ? e.split("'", -1)[1] : e;
      return text.matches("[A-Za-z]\\w*") ? Optional.of(text) : Optional.empty();
    }

    /** Whether the symbol called {@code name} is part of it. */
    boolean mentions(String name) {
      return expression.isPresent()
          && expression.get().matches("(?s).*(?<![A-Za-z0-9_])" + name + "(?![A-Za-z0-9_]).*");
    }

    @Override
    public String toString() {
      return symbol().or(() -> expression).orElseGet(() -> Long.toString(hint));
    }
  }

  /** Least and greatest value of a symbol. */
  record Range(long least, long greatest) {}

  /** The user's tensors, in order. */
  List<String> userInputs() {
    return inputs.stream().filter(i -> i.origin() == Origin.USER).map(Input::name).toList();
  }
}
