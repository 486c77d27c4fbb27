package io.nngeometry.io.program;

import java.util.List;

/** A program calls operators that this library does not run. */
public final class UnsupportedOperatorException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final List<String> operators;

  UnsupportedOperatorException(List<String> operators) {
    super(
        "the program calls operators that are not supported: %s; exporting it with"
                .formatted(String.join(", ", operators))
            + " run_decompositions() may replace them");
    this.operators = List.copyOf(operators);
  }

  /** Their names, as PyTorch spells them. */
  public List<String> operators() {
    return operators;
  }
}
