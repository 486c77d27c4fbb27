package io.nngeometry.cli.compare;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import org.bytedeco.pytorch.Tensor;

/** How well (F' + lambda)^-1 undoes F + lambda: the two definitions that are around. */
public enum Residual {
  /** The cosine of v and (F' + lambda)^-1 (F + lambda) v, as the paper's text has it. */
  TEXT {
    @Override
    double[] cosines(Truth truth, Probes probes, PMat approximation, Damping damping) {
      return probes.answers().solveCosines(approximation, damping);
    }
  },

  /**
   * The cosine of v and F (F' + lambda)^-1 v + lambda v, as the authors' script has it; the term
   * lambda v draws it towards one.
   */
  SCRIPT {
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

  /**
   * The cosine for every probe.
   *
   * @throws io.nngeometry.operators.SingularBlockException if the damping does not suffice
   */
  abstract double[] cosines(Truth truth, Probes probes, PMat approximation, Damping damping);
}
