package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Eigenpairs;
import io.nngeometry.linalg.IndefiniteOperatorException;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.LinearOperator;
import io.nngeometry.linalg.NotConvergedException;
import io.nngeometry.linalg.Solution;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What products alone can answer of a symmetric operator, over parameters or functions: solves by
 * conjugate gradients, extreme eigenvalues by Lanczos.
 *
 * @param operator symmetric
 * @param representation its name, for errors
 * @param options type and device of its vectors
 */
record MatrixFree(LinearOperator operator, String representation, TensorOptions options) {
  private static final double ROUNDING = 100;
  private static final int PRODUCTS = 3000;
  private static final String NAME = "a matrix known by its products";

  Tensor solve(Tensor rows, double lambda) {
    if (lambda == 0) {
      throw new SingularBlockException(NAME, 0);
    }
    ConjugateGradient method = ConjugateGradient.of(Tensors.type(rows));
    try {
      Solution solution = method.solve(operator, rows.detach(), lambda);
      if (!(solution.relativeResidual() <= ROUNDING * method.tolerance())) {
        solution.x().close();
        throw new NotConvergedException(
            "a solve of a %s matrix with damping %s".formatted(representation, lambda),
            solution.relativeResidual(),
            ROUNDING * method.tolerance(),
            solution.products(),
            "use a greater damping, a float64 model, or ConjugateGradient with options of your own");
      }
      return solution.x();
    } catch (IndefiniteOperatorException e) {
      throw new SingularBlockException(NAME, lambda);
    }
  }

  double spectralNorm() {
    return Lanczos.of(type()).spectralNorm(operator, options);
  }

  TopEigen topEigen(long k) {
    if (k < 1) {
      throw new IllegalArgumentException("ask for one eigenvalue or more, not " + k);
    }
    try (Scope scope = Scope.open()) {
      Eigenpairs pairs = eigenpairs(Math.min(k, operator.size()), Lanczos.Which.LARGEST);
      return new TopEigen(
          scope.keep(pairs.values().to(Tensors.type(pairs.vectors()))),
          scope.keep(pairs.vectors()));
    }
  }

  double smallestEigenvalue() {
    try (Scope scope = Scope.open()) {
      return Tensors.item(eigenpairs(1, Lanczos.Which.SMALLEST).values());
    }
  }

  private ScalarType type() {
    return options.dtype().toScalarType().intern();
  }

  private Eigenpairs eigenpairs(long k, Lanczos.Which which) {
    Lanczos method = new Lanczos(type() == ScalarType.Double ? 1e-10 : 1e-5, PRODUCTS, 0);
    Eigenpairs pairs = method.eigenpairs(operator, k, which, options);
    if (!pairs.converged()) {
      throw new NotConvergedException(
          "the %d %s eigenvalues of a %s matrix by Lanczos"
              .formatted(k, which.name().toLowerCase(Locale.ROOT), representation),
          pairs.relativeResidual(),
          method.tolerance(),
          (int) pairs.products(),
          "use Lanczos with options of your own");
    }
    return pairs;
  }
}
