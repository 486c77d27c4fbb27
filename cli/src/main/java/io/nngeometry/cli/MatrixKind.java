package io.nngeometry.cli;

import io.nngeometry.fisher.Representation;
import java.util.Locale;
import java.util.Set;

/** The matrices over a network's parameters that commands know. */
enum MatrixKind {
  /** The Fisher information matrix of the predictions. */
  FISHER,

  /** The Hessian of the mean loss. */
  HESSIAN {
    @Override
    void check(Representation representation) {
      if (!OF_HESSIANS.contains(representation)) {
        throw new UsageException(
            "--representation: a Hessian has no %s form; it comes as implicit, dense, block-diag and"
                    .formatted(representation)
                + " diag");
      }
    }
  };

  private static final Set<Representation> OF_HESSIANS =
      Set.of(
          Representation.IMPLICIT,
          Representation.DENSE,
          Representation.BLOCK_DIAG,
          Representation.DIAG);

  /** Fails if it has no such form. */
  void check(Representation representation) {
    // sums of outer products have all
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
