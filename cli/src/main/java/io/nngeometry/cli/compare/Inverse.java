package io.nngeometry.cli.compare;

import io.nngeometry.fisher.Representation;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A way of inverting a matrix.
 *
 * @param series its name in tables and figures
 * @param damping its damping of a given strength
 */
record Inverse(String series, DoubleFunction<Damping> damping) {

  /** Exact damping, and for KFAC that of the factors too, as Martens and Grosse damp it. */
  static List<Inverse> of(PMat matrix) {
    return of(matrix.representation());
  }

  /** Those of a matrix in this representation. */
  static List<Inverse> of(String representation) {
    List<Inverse> all = new ArrayList<>();
    all.add(new Inverse(representation, Damping::tikhonov));
    if (representation.equals(Representation.KFAC.name())) {
      all.add(new Inverse(representation + ", factored", Damping::factored));
    }
    return List.copyOf(all);
  }
}
