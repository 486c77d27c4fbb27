package io.nngeometry.fisher;

import org.bytedeco.pytorch.Tensor;

/** A loss read as a negative log-likelihood, of which nothing is known but the gradient. */
final class LossMetric implements Metric {
  private final ExampleLoss loss;

  LossMetric(ExampleLoss loss) {
    this.loss = loss;
  }

  @Override
  public Tensor score(Tensor outputs, Tensor labels) {
    return loss.gradient(outputs, labels).neg();
  }

  @Override
  public Tensor hessianProduct(Tensor outputs, Tensor u) {
    throw gradientsOnly();
  }

  @Override
  public SquareRoot squareRoot(Tensor outputs) {
    throw gradientsOnly();
  }

  @Override
  public Tensor sample(Tensor outputs, Draws draws) {
    throw gradientsOnly();
  }

  private static UnsupportedOperationException gradientsOnly() {
    return new UnsupportedOperationException(
        "a loss has gradients at the data's labels and nothing else: use the empirical estimator");
  }
}
