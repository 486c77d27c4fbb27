package io.nngeometry.cli;

import io.nngeometry.fisher.Representation;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a solve can be preconditioned with. */
enum PreconditionerKind {
  /** Nothing. */
  NONE(null),
  /** The diagonal. */
  DIAG(Representation.DIAG),
  /** Kronecker factors. */
  KFAC(Representation.KFAC),
  /** Kronecker factors with exact second moments. */
  EKFAC(Representation.EKFAC),
  /** A Nystrom approximation of the matrix itself. */
  NYSTROM(null);

  private final @Nullable Representation representation;

  PreconditionerKind(@Nullable Representation representation) {
    this.representation = representation;
  }

  /** The Fisher matrix that it inverts, if it does. */
  @Nullable Representation representation() {
    return representation;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
