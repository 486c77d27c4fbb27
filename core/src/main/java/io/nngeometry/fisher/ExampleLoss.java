package io.nngeometry.fisher;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What the outputs of an example cost, given its target, by its derivatives in the outputs. Outputs
 * come as (n, ...), targets as (n, ...).
 */
public interface ExampleLoss {
  /** The gradient of every example's loss in its outputs, of their shape. */
  Tensor gradient(Tensor outputs, Tensor targets);

  /** The Hessian of every example's loss in its outputs, times u, of the outputs' shape. */
  Tensor hessianProduct(Tensor outputs, Tensor targets, Tensor u);

  /**
   * The negative log-likelihood of a metric's distribution. Outputs are its natural parameters, so
   * that its Hessian in them is the metric itself, whatever the target.
   */
  static ExampleLoss of(Metric metric) {
    return new ExampleLoss() {
      @Override
      public Tensor gradient(Tensor outputs, Tensor targets) {
        return metric.score(outputs, targets).neg();
      }

      @Override
      public Tensor hessianProduct(Tensor outputs, Tensor targets, Tensor u) {
        return metric.hessianProduct(outputs, u);
      }
    };
  }

  /** Cross entropy of logits, classes on axis 1; summed over positions where there are any. */
  static ExampleLoss crossEntropy() {
    return of(Metric.categorical());
  }

  /** Cross entropy of independent logits, summed; targets are 0 or 1. */
  static ExampleLoss binaryCrossEntropy() {
    return of(Metric.bernoulli());
  }

  /** The squared distance from the target: the sum over outputs of squared differences. */
  static ExampleLoss squaredError() {
    return of(Metric.gaussian(0.5)); // (f - y)^2 / (2 sigma^2)
  }

  /** exp(f) - y f for log-rates f, summed over outputs: Poisson, up to a constant. */
  static ExampleLoss poisson() {
    return of(Metric.poisson());
  }

  /**
   * Any loss, which autograd differentiates twice in the outputs.
   *
   * @param loss takes outputs and targets to a number for each example, (n), or to the mean of
   *     these numbers, as a {@code train.Loss} does: {@code
   *     ExampleLoss.of(Loss.crossEntropy()::of)}
   */
  static ExampleLoss of(BinaryOperator<Tensor> loss) {
    return new ExampleLoss() {
      @Override
      public Tensor gradient(Tensor outputs, Tensor targets) {
        return Scope.keeping(
            () -> {
              try (GradMode on = GradMode.enabled()) {
                return gradient(outputs.detach().requires_grad_(), targets, false).detach();
              }
            });
      }

      @Override
      public Tensor hessianProduct(Tensor outputs, Tensor targets, Tensor u) {
        return Scope.keeping(
            () -> {
              try (GradMode on = GradMode.enabled()) {
                Tensor leaf = outputs.detach().requires_grad_();
                Tensor gradient = gradient(leaf, targets, true);
                return gradient.requires_grad()
                    ? Tensors.gradients(gradient, u, List.of(leaf), false).get(0)
                    : torch.zeros_like(leaf);
              }
            });
      }

      private Tensor gradient(Tensor leaf, Tensor targets, boolean again) {
        Tensor values = loss.apply(leaf, targets);
        long n = leaf.size(0);
        if (values.dim() > 1 || (values.dim() == 1 && values.size(0) != n)) {
          throw new IllegalArgumentException(
              "a loss must give a number for each of %d examples, or their mean, got shape %s"
                  .formatted(n, Arrays.toString(Tensors.shape(values))));
        }
        if (!values.requires_grad()) {
          throw new IllegalArgumentException(
              "the loss does not depend on the outputs, or takes their values out of the graph");
        }
        if (!Tensors.isFinite(values)) {
          throw new IllegalArgumentException("the loss of an example is NaN or infinite");
        }
        Tensor sum = values.dim() == 0 ? Tensors.times(values, n) : values.sum();
        TensorVector gradients =
            torch.grad(
                new TensorVector(sum),
                new TensorVector(leaf),
                new TensorVector(),
                new BoolOptional(again),
                again,
                false);
        return new Tensor(gradients.get(0));
      }
    };
  }
}
