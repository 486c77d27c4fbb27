package io.nngeometry.io.program;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a node of a graph is given in one place. */
sealed interface Argument {
  /** Nothing, as PyTorch's None. */
  Literal NONE = new Literal(null);

  /** The values it refers to. */
  Stream<String> references();

  /**
   * A value that stands in the file.
   *
   * @param value a Long, Double, Boolean or String; types, layouts and memory formats are the
   *     numbers libtorch gives them; null for None
   */
  record Literal(@Nullable Object value) implements Argument {
    @Override
    public Stream<String> references() {
      return Stream.empty();
    }
  }

  /** A value that an input or another node gives: a tensor or a number. */
  record Reference(String name) implements Argument {
    @Override
    public Stream<String> references() {
      return Stream.of(name);
    }
  }

  /** A list. */
  record Sequence(List<Argument> elements) implements Argument {
    /** Copies the list. */
    public Sequence {
      elements = List.copyOf(elements);
    }

    @Override
    public Stream<String> references() {
      return elements.stream().flatMap(Argument::references);
    }
  }
}
