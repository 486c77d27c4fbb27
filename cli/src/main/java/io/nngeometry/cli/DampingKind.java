package io.nngeometry.cli;

import io.nngeometry.operators.Damping;
import java.util.Locale;

/** How a matrix is damped before it is inverted. */
enum DampingKind {
  /** (M + lambda I)^-1. */
  TIKHONOV {
    @Override
    Damping of(double lambda) {
      return Damping.tikhonov(lambda);
    }
  },

  /** Of Kronecker factors each by itself. */
  FACTORED {
    @Override
    Damping of(double lambda) {
      return Damping.factored(lambda);
    }
  },

  /** The pseudo-inverse. */
  TRUNCATED {
    @Override
    Damping of(double lambda) {
      return Damping.truncated(lambda);
    }
  };

  /** A damping of this kind. */
  abstract Damping of(double lambda);

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
