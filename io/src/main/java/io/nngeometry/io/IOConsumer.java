package io.nngeometry.io;

import java.io.IOException;

/** Does something with a value, which may fail as reading and writing do. */
@FunctionalInterface
public interface IOConsumer<T> {
  /** Uses {@code value}. */
  void accept(T value) throws IOException;
}
