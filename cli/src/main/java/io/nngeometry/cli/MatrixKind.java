package io.nngeometry.cli;

import java.util.Locale;

/** The matrices over a network's parameters that commands know. */
enum MatrixKind {
  /** The Fisher information matrix of the predictions. */
  FISHER,
  /** The Hessian of the mean cross entropy. */
  HESSIAN;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
