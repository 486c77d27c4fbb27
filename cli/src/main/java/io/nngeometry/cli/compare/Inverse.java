package io.nngeometry.cli.compare;

import io.nngeometry.operators.Damping;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
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

  /** Exact damping, and that of the factors where the matrix has any. */
  static List<Inverse> of(PMat matrix) {
    List<Inverse> all = new ArrayList<>();
    all.add(new Inverse(matrix.representation(), Damping::tikhonov));
    if (hasFactors(matrix)) {
      all.add(new Inverse(matrix.representation() + ", factored", Damping::factored));
    }
    return List.copyOf(all);
  }

  private static boolean hasFactors(PMat matrix) {
    return matrix instanceof LayerwisePMat layerwise
        && layerwise.parts().stream().anyMatch(part -> part.block() instanceof KroneckerBlock);
  }
}
