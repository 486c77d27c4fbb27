package io.nngeometry.fisher;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A loss read as a negative log-likelihood, of which nothing is known but the gradient. */
final class LossMetric implements Metric {
  private final ExampleLoss loss;

  LossMetric(ExampleLoss loss) {
    this.loss = loss;
  }

  @Override
  public Tensor score(Tensor outputs, Tensor labels) {
    return Scope.keeping(
        () -> {
          try (GradMode on = GradMode.enabled()) {
            Tensor f = outputs.detach().requires_grad_();
            Tensor losses = loss.of(f, labels);
            check(losses, outputs.size(0));
            return Tensors.gradients(losses, torch.ones_like(losses), List.of(f), false)
                .get(0)
                .neg();
          }
        });
  }

  private static void check(Tensor losses, long n) {
    if (losses.dim() != 1 || losses.size(0) != n) {
      throw new IllegalArgumentException(
          "the loss of %d examples has shape %s: it must be one number an example, not reduced over examples"
              .formatted(n, Arrays.toString(Tensors.shape(losses))));
    }
    if (!losses.requires_grad()) {
      throw new IllegalArgumentException(
          "the loss does not depend on the outputs, or takes their values out of the graph");
    }
    if (!Tensors.isFinite(losses)) {
      throw new IllegalArgumentException("the loss of an example is NaN or infinite");
    }
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
