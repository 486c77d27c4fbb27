package io.nngeometry.cli.training;

import java.util.concurrent.CancellationException;

/** A training that the user interrupted, after its state was saved. */
public final class StoppedException extends CancellationException {
  private static final long serialVersionUID = 1L;

  StoppedException(long steps) {
    super("the training stopped after %d steps".formatted(steps));
  }
}
