package io.nngeometry.audit;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Numbers of the rows of two matrices (m, d), row by row, in float64. */
public final class Rows {
  private Rows() {}

  /** Inner products. */
  public static double[] dots(Tensor a, Tensor b) {
    try (Scope scope = Scope.open()) {
      return Tensors.toArray(wide(a).mul(wide(b)).sum(1));
    }
  }

  /** Squared norms. */
  public static double[] squares(Tensor a) {
    return dots(a, a);
  }

  /** Squared distances. */
  public static double[] squaredDistances(Tensor a, Tensor b) {
    try (Scope scope = Scope.open()) {
      return Tensors.toArray(wide(a).sub(wide(b)).square().sum(1));
    }
  }

  /** Cosines of the angles; NaN where a row is zero. */
  public static double[] cosines(Tensor a, Tensor b) {
    try (Scope scope = Scope.open()) {
      // by the chord: exact for small angles, where a quotient of products would only round to one
      Tensor chord = unit(wide(a)).sub(unit(wide(b)));
      double[] cosines = Tensors.toArray(chord.mul(chord).sum(1));
      for (int k = 0; k < cosines.length; k++) {
        cosines[k] = Math.max(-1, 1 - cosines[k] / 2);
      }
      return cosines;
    }
  }

  private static Tensor unit(Tensor rows) {
    return rows.div(rows.mul(rows).sum(1).sqrt().unsqueeze(1));
  }

  private static Tensor wide(Tensor t) {
    return t.detach().to(ScalarType.Double);
  }
}
