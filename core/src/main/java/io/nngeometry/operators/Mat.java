package io.nngeometry.operators;

import io.nngeometry.linalg.LinearOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What matrices over parameter space ({@link PMat}) and over function space ({@link FMat}) answer
 * alike: products, solves, norms and spectra. Whether elements are stored or not, the same calls
 * answer, or refuse by name.
 */
public interface Mat extends LinearOperator, Solvable, AutoCloseable {
  /** Name of the representation. */
  String representation();

  /** Sum of the diagonal. */
  double trace();

  /** Root of the sum of squares of all elements. */
  double frobeniusNorm();

  /** Greatest eigenvalue. */
  double spectralNorm();

  /** Smallest eigenvalue; rounding noise where the matrix is singular. */
  double smallestEigenvalue();

  /**
   * The damped inverse applied to every row, (m, size).
   *
   * @throws SingularBlockException if the damped matrix is not positive definite
   */
  default Tensor solve(Tensor rows, Damping damping) {
    return damping.solve(this, rows);
  }

  /** The eigenvalues in ascending order; of a low-rank matrix those that need not be zero. */
  Tensor eigenvalues();

  /** The k greatest eigenvalues and their vectors. */
  TopEigen topEigen(long k);

  /** log det (M + lambda I). */
  double logDeterminant(double lambda);

  /**
   * Forgets the decompositions that solves and spectra have made and kept, which may take as much
   * memory as the matrix; whatever needs one makes it again. Not while another thread uses them.
   */
  default void dropDecompositions() {
    // nothing is kept
  }

  @Override
  void close();
}
