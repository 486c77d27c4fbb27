package io.nngeometry.audit;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * What an exact matrix F says of some vectors: asked once, and every approximation F' is held
 * against the same answers, vector by vector.
 *
 * @param vectors v as rows, (m, d)
 * @param images F v, (m, d)
 * @param forms v^T F v, (m)
 */
public record Answers(Tensor vectors, Tensor images, double[] forms) implements AutoCloseable {

  /** Asks {@code exact}: m products. */
  public static Answers of(PMat exact, Tensor vectors) {
    if (vectors.dim() != 2 || vectors.size(1) != exact.size() || vectors.size(0) == 0) {
      throw new IllegalArgumentException(
          "vectors of a matrix over %s need shape (m, %d), got %s"
              .formatted(exact.layers(), exact.size(), Arrays.toString(Tensors.shape(vectors))));
    }
    try (Scope scope = Scope.open()) {
      Tensor images = exact.apply(vectors);
      double[] forms = Rows.dots(vectors, images);
      return new Answers(Scope.detach(vectors.detach().clone()), Scope.detach(images), forms);
    }
  }

  /** How many vectors there are. */
  public int count() {
    return forms.length;
  }

  /** |v^T F' v - v^T F v| / v^T F v, from the images F' v. */
  public double[] formErrors(Tensor theirs) {
    double[] errors = Rows.dots(vectors, theirs);
    Arrays.setAll(errors, k -> Math.abs(errors[k] - forms[k]) / forms[k]);
    return errors;
  }

  /** Cosines of F v and F' v, from the images F' v. */
  public double[] cosines(Tensor theirs) {
    return Rows.cosines(images, theirs);
  }

  /** |F' v - F v| / |F v|, from the images F' v. */
  public double[] errors(Tensor theirs) {
    double[] errors = Rows.squaredDistances(images, theirs);
    double[] squares = Rows.squares(images);
    Arrays.setAll(errors, k -> Math.sqrt(errors[k] / squares[k]));
    return errors;
  }

  /**
   * Cosines of v and (F' + lambda)^-1 (F + lambda) v, which are one where F' solves as F does.
   *
   * @throws io.nngeometry.operators.SingularBlockException if the damping does not suffice
   */
  public double[] solveCosines(PMat approximation, Damping damping) {
    try (Scope scope = Scope.open()) {
      Tensor damped = images.add(vectors, Tensors.scalar(damping.lambda()));
      return Rows.cosines(vectors, approximation.solve(damped, damping));
    }
  }

  @Override
  public void close() {
    vectors.close();
    images.close();
  }
}
