package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How the output metric becomes cotangents: exactly, by sampled labels, or by the data's own. */
public interface Estimator {
  /** The cotangents of one minibatch. */
  Cotangents cotangents(Metric metric, Tensor outputs, Minibatch batch);

  /** How many cotangents stand for the metric, where it is not the outputs that decide. */
  default OptionalInt trials() {
    return OptionalInt.empty();
  }

  /** Every column of the metric's square root: no noise, as many backwards as columns. */
  static Estimator exact() {
    return Exact.INSTANCE;
  }

  /**
   * Labels drawn from the model's own distribution, an unbiased estimate. The seed freezes them: an
   * implicit matrix is the same at every product.
   *
   * @param trials labels per example, one backward each
   * @param seed seed of the labels
   */
  static Estimator monteCarlo(int trials, long seed) {
    return new Sampled(
        trials,
        (metric, outputs, batch) ->
            ofLabels(
                metric,
                outputs,
                trials,
                t -> metric.sample(outputs, new Draws(seed, t, batch.first()))));
  }

  /**
   * Monte-Carlo with labels of the caller's.
   *
   * @param labels (N, trials, ...) for all N examples in the order of the data
   */
  static Estimator monteCarlo(Tensor labels) {
    if (labels.dim() < 2) {
      throw new IllegalArgumentException(
          "labels must have shape (N, trials, ...), got " + Arrays.toString(Tensors.shape(labels)));
    }
    int trials = Math.toIntExact(labels.size(1));
    return new Sampled(
        trials,
        (metric, outputs, batch) -> {
          long n = outputs.size(0);
          if (batch.first() + n > labels.size(0)) {
            throw new IllegalArgumentException(
                "labels are given for %d examples, but the data has more"
                    .formatted(labels.size(0)));
          }
          Tensor mine = labels.narrow(0, batch.first(), n);
          return ofLabels(metric, outputs, trials, t -> mine.select(1, t));
        });
  }

  /** The data's own labels, one backward: the empirical Fisher matrix. */
  static Estimator empirical() {
    return new Sampled(
        1,
        (metric, outputs, batch) -> {
          Tensor labels =
              batch
                  .labels()
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "the empirical estimator needs labels, and the data has none"));
          return ofLabels(metric, outputs, 1, t -> labels);
        });
  }

  /**
   * Random signs through the metric's square root (Martens, Sutskever and Swersky 2012), an
   * unbiased estimate with one backward a trial that needs no labels.
   */
  static Estimator curvaturePropagation(int trials, long seed) {
    return new Sampled(
        trials,
        (metric, outputs, batch) ->
            new Cotangents() {
              private final Metric.SquareRoot root = metric.squareRoot(outputs);

              @Override
              public int count() {
                return trials;
              }

              @Override
              public Tensor get(int t) {
                Draws draws = new Draws(seed, t, batch.first());
                long n = outputs.size(0);
                int columns = root.columns();
                double[] signs = new double[Math.toIntExact(n * columns)];
                for (int i = 0; i < n; i++) {
                  RandomGenerator random = draws.of(i);
                  for (int k = 0; k < columns; k++) {
                    signs[i * columns + k] = random.nextBoolean() ? 1 : -1;
                  }
                }
                Tensor s =
                    Tensors.of(signs, n, columns).to(outputs.device(), Tensors.type(outputs));
                Tensor total = org.bytedeco.pytorch.global.torch.zeros_like(outputs);
                long[] perExample = new long[(int) outputs.dim()];
                Arrays.fill(perExample, 1);
                perExample[0] = n;
                for (int k = 0; k < columns; k++) {
                  total.add_(root.column(k).mul(s.select(1, k).reshape(perExample)));
                }
                return total.mul_(new Scalar(1 / Math.sqrt(trials)));
              }
            });
  }

  /** As many cotangents as trials, whatever the outputs. */
  final class Sampled implements Estimator {
    private final int trials;
    private final Estimator source;

    private Sampled(int trials, Estimator source) {
      if (trials < 1) {
        throw new IllegalArgumentException("an estimate needs at least one trial, got " + trials);
      }
      this.trials = trials;
      this.source = source;
    }

    @Override
    public Cotangents cotangents(Metric metric, Tensor outputs, Minibatch batch) {
      return source.cotangents(metric, outputs, batch);
    }

    @Override
    public OptionalInt trials() {
      return OptionalInt.of(trials);
    }
  }

  private static Cotangents ofLabels(
      Metric metric, Tensor outputs, int trials, java.util.function.IntFunction<Tensor> labels) {
    return new Cotangents() {
      @Override
      public int count() {
        return trials;
      }

      @Override
      public Tensor get(int t) {
        Tensor score = metric.score(outputs, labels.apply(t));
        return trials == 1 ? score : score.mul(new Scalar(1 / Math.sqrt(trials)));
      }
    };
  }

  /** The exact estimator: its products with H are the metric's closed form. */
  enum Exact implements Estimator {
    /** The only one. */
    INSTANCE;

    @Override
    public Cotangents cotangents(Metric metric, Tensor outputs, Minibatch batch) {
      return new Cotangents() {
        private Metric.@org.jspecify.annotations.Nullable SquareRoot root;

        private Metric.SquareRoot root() {
          if (root == null) {
            root = metric.squareRoot(outputs);
          }
          return root;
        }

        @Override
        public int count() {
          return root().columns();
        }

        @Override
        public Tensor get(int k) {
          return root().column(k);
        }

        @Override
        Tensor apply(Tensor u) {
          return metric.hessianProduct(outputs, u);
        }
      };
    }
  }
}
