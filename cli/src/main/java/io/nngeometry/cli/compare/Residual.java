package io.nngeometry.cli.compare;

import io.nngeometry.audit.Rows;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** How well (F' + lambda)^-1 undoes F + lambda: the two definitions that are around. */
public enum Residual {
  /** The cosine of v and (F' + lambda)^-1 (F + lambda) v, as the paper's text has it. */
  TEXT("(F′ + λ)⁻¹(F + λ)v") {
    @Override
    String meaning() {
      return "one means that the inverse of the approximation undoes the true matrix";
    }

    @Override
    double[] cosines(Truth truth, Probes probes, PMat approximation, Damping damping) {
      return probes.answers().solveCosines(approximation, damping);
    }
  },

  /**
   * The cosine of v and F (F' + lambda)^-1 v + lambda v, as the authors' script has it. The term
   * lambda v draws it towards one as lambda grows. It is not one for F' = F: along an eigenvector
   * of eigenvalue m it leaves m / (m + lambda) + lambda of v, and of what F maps to zero no more
   * than lambda, so that with little damping the rank of F decides.
   */
  SCRIPT("F(F′ + λ)⁻¹v + λv") {
    @Override
    String meaning() {
      return "with little damping even the true matrix is below one, for what it maps to zero is"
          + " left out";
    }

    @Override
    double[] cosines(Truth truth, Probes probes, PMat approximation, Damping damping) {
      try (Scope scope = Scope.open()) {
        Tensor solved = approximation.solve(probes.rows(), damping);
        Tensor undone =
            truth.matrix().apply(solved).add(probes.rows(), Tensors.scalar(damping.lambda()));
        return Rows.cosines(probes.rows(), undone);
      }
    }
  };

  private final String formula;

  Residual(String formula) {
    this.formula = formula;
  }

  /** What is left of v. */
  String formula() {
    return formula;
  }

  /** How to read the cosine. */
  abstract String meaning();

  /** The one that {@code results} are of. */
  static Residual of(Results results) {
    return of(results.settings());
  }

  /** The one among the settings of a run. */
  static Residual of(Map<String, Object> settings) {
    return valueOf(String.valueOf(settings.get("residual")).toUpperCase(Locale.ROOT));
  }

  /**
   * The cosine for every probe.
   *
   * @throws io.nngeometry.operators.SingularBlockException if the damping does not suffice
   */
  abstract double[] cosines(Truth truth, Probes probes, PMat approximation, Damping damping);
}
