package io.nngeometry.verification;

import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Representation;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.QuasiDiagonalBlock;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Tensor;

/** The operations of the golden files by the names they have there. */
final class Operations {
  private final PVector v;
  private final Golden golden;

  Operations(Golden golden, PVector v) {
    this.golden = golden;
    this.v = v;
  }

  /** Whether the relative error of {@code op} is measured against the matrix's norm instead. */
  static boolean isRoundingNoise(String op) {
    return op.equals("norm_minus2");
  }

  /** Whether {@code op} inverts. */
  static boolean isSolve(String op) {
    return op.startsWith("solve") || op.startsWith("inv") || op.startsWith("pow");
  }

  /** The identity, whatever the network. */
  private PMat eye() {
    return Fisher.of(golden.net(), golden.classification())
        .on(golden.examples())
        .layers(v.layers())
        .as(Representation.EYE);
  }

  private PFMap map() {
    return PFMap.of(v.layers(), golden.input("pfmap"));
  }

  /** The result of {@code op}; a number is a 0-d tensor. */
  Tensor apply(PMat m, String op, Damping damping) {
    return apply(m, op, damping, 1);
  }

  /**
   * The result of {@code op}.
   *
   * @param columns how many columns the variant's square root has: the reference's A is larger than
   *     ours by the root of it, and its G smaller, which matters where pi is one
   */
  Tensor apply(PMat m, String op, Damping damping, double columns) {
    Damping unbalanced = Damping.factored(Golden.LAMBDA, 1 / Math.sqrt(columns));
    if (op.startsWith("cross.")) {
      Block block = ((LayerwisePMat) m).block(op.substring("cross.".length()));
      return ((QuasiDiagonalBlock) block).cross().flatten();
    }
    if (op.startsWith("evals.")) {
      return ((LayerwisePMat) m).block(op.substring("evals.".length())).eigenvalues();
    }
    return switch (op) {
      case "to_torch" -> m.toDense();
      case "trace" -> Calculus.number(m.trace());
      case "diag" -> m.diagonal().tensor();
      case "mv" -> m.mv(v).tensor();
      case "vTMv" -> Calculus.number(m.quadraticForm(v));
      case "norm_fro" -> Calculus.number(m.frobeniusNorm());
      case "norm_2" -> Calculus.number(m.spectralNorm());
      case "norm_minus2" -> Calculus.number(m.smallestEigenvalue());
      case "solve", "inv_mv" -> m.solve(v, damping).tensor();
      case "solve_nopi", "inv_mv_nopi" -> m.solve(v, unbalanced).tensor();
      case "solve_tikhonov" -> m.solve(v, Damping.tikhonov(Golden.LAMBDA)).tensor();
      case "solve_pfmap" -> m.solve(map(), damping).tensor();
      case "pow2_mv" -> m.inverse(damping).power(-2).mv(v).tensor();
      case "pow_minus_half_mv" -> m.plus(eye().times(Golden.LAMBDA)).power(-0.5).mv(v).tensor();
      case "mmap" -> m.mv(map()).tensor();
      case "mapTMmap_diag" -> m.quadratic(map());
      case "mapTMmap_sum" -> m.quadratic(map()).sum(0);
      default -> throw new IllegalArgumentException("no operation " + op);
    };
  }
}
