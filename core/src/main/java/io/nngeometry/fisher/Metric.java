package io.nngeometry.fisher;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * The Riemannian metric on the outputs of one example: the Hessian H of the negative log-likelihood
 * in the outputs, which the Fisher matrix pulls back to the parameters. Outputs come as (n, ...).
 */
public interface Metric {
  /** H u for every example; {@code u} and the result have the outputs' shape. */
  Tensor hessianProduct(Tensor outputs, Tensor u);

  /** A square root: H is the sum of the outer products of its columns with themselves. */
  SquareRoot squareRoot(Tensor outputs);

  /**
   * The gradient of log p(labels | outputs) in the outputs, of their shape.
   *
   * @throws IllegalArgumentException if the labels do not fit the outputs
   */
  Tensor score(Tensor outputs, Tensor labels);

  /** Labels drawn from p(y | outputs), as {@link #score} takes them. */
  Tensor sample(Tensor outputs, Draws draws);

  /** Columns of a square root of H, made one at a time. */
  interface SquareRoot {
    /** How many. */
    int columns();

    /** Column k of every example, of the outputs' shape. */
    Tensor column(int k);
  }

  /**
   * Softmax over the classes, which are axis 1 of the outputs (n, C, ...); further axes are
   * independent positions, as in segmentation. Labels are int64, (n, ...).
   */
  static Metric categorical() {
    return new Categorical(1);
  }

  /**
   * Softmax over the classes, which are axis {@code classAxis} of the outputs, negative from the
   * end.
   */
  static Metric categorical(int classAxis) {
    return new Categorical(classAxis);
  }

  /** Independent logits, any number. Labels are 0 or 1, (n, ...) like the outputs. */
  static Metric bernoulli() {
    return IndependentMetric.BERNOULLI;
  }

  /** Gaussian outputs of variance one. Labels have the outputs' shape. */
  static Metric gaussian() {
    return gaussian(1);
  }

  /** Gaussian outputs of one variance. */
  static Metric gaussian(double variance) {
    return IndependentMetric.gaussian(variance);
  }

  /**
   * Gaussian outputs with a covariance (c, c), positive definite, over all outputs of an example.
   */
  static Metric gaussian(Tensor covariance) {
    return new GaussianCovariance(covariance);
  }

  /** Poisson counts whose log-rates are the outputs. Labels are counts of the outputs' shape. */
  static Metric poisson() {
    return IndependentMetric.POISSON;
  }

  /**
   * A metric given by its action, (outputs, u) to H u, which must be linear and symmetric in u; its
   * square root is found by a decomposition of H example by example. It has no labels.
   */
  static Metric custom(BinaryOperator<Tensor> hessianProduct) {
    return new CustomMetric(hessianProduct, null);
  }

  /** A metric given by a square root: outputs (n, ...) to columns (k, n, ...). It has no labels. */
  static Metric customSquareRoot(UnaryOperator<Tensor> columns) {
    return new CustomMetric(null, columns);
  }

  /**
   * A loss l read as a negative log-likelihood, p(y | f) ~ exp(-l(f, y)), for the empirical
   * estimator: its matrix is the second moment of the examples' loss gradients. It has no Hessian
   * that does not depend on labels, and no labels to draw.
   */
  static Metric ofLoss(ExampleLoss loss) {
    return new LossMetric(loss);
  }
}
