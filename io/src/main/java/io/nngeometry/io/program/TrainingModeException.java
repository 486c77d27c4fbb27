package io.nngeometry.io.program;

import java.util.List;

/** A program was exported in training mode, in which examples depend on each other. */
public final class TrainingModeException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final List<String> modules;

  TrainingModeException(List<String> modules) {
    super(
        "the program was exported in training mode: batch normalisation in %s uses the statistics of the minibatch, by which examples depend on each other; call eval() before exporting"
            .formatted(String.join(", ", modules)));
    this.modules = List.copyOf(modules);
  }

  /** The modules. */
  public List<String> modules() {
    return modules;
  }
}
