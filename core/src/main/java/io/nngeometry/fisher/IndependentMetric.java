package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A likelihood in which outputs are independent: H is diagonal. */
abstract class IndependentMetric implements Metric {
  static final Metric BERNOULLI =
      new IndependentMetric() {
        @Override
        Tensor curvature(Tensor outputs) {
          Tensor s = outputs.sigmoid();
          return s.mul(s.neg().add(new Scalar(1)));
        }

        @Override
        Tensor scoreOf(Tensor outputs, Tensor labels) {
          Tensor ends = labels.mul(labels.neg().add(new Scalar(1)));
          if (Tensors.item(ends.abs().max()) != 0) {
            throw new IllegalArgumentException("Bernoulli labels must be 0 or 1");
          }
          return labels.sub(outputs.sigmoid());
        }

        @Override
        double draw(double output, RandomGenerator random) {
          return random.nextDouble() < 1 / (1 + Math.exp(-output)) ? 1 : 0;
        }
      };

  static final Metric POISSON =
      new IndependentMetric() {
        @Override
        Tensor curvature(Tensor outputs) {
          return outputs.exp();
        }

        @Override
        Tensor scoreOf(Tensor outputs, Tensor labels) {
          if (Tensors.item(labels.min()) < 0) {
            throw new IllegalArgumentException("Poisson labels must not be negative");
          }
          return labels.sub(outputs.exp());
        }

        @Override
        double draw(double output, RandomGenerator random) {
          double rate = Math.exp(output);
          if (!(rate < 1e9)) {
            throw new IllegalArgumentException(
                "a Poisson rate of %s is too great to sample; use the exact estimator"
                    .formatted(rate));
          }
          double count = 0;
          // a Poisson number is a sum of Poisson numbers of smaller rates, which exp(-rate) can
          // hold
          for (double rest = rate; rest > 0; rest -= 500) {
            double bound = Math.exp(-Math.min(rest, 500));
            for (double product = random.nextDouble(); product > bound; count++) {
              product *= random.nextDouble();
            }
          }
          return count;
        }
      };

  static Metric gaussian(double variance) {
    if (!(variance > 0) || Double.isInfinite(variance)) {
      throw new IllegalArgumentException("a variance must be positive, got " + variance);
    }
    return new IndependentMetric() {
      @Override
      Tensor curvature(Tensor outputs) {
        return torch.full_like(outputs, new Scalar(1 / variance));
      }

      @Override
      Tensor scoreOf(Tensor outputs, Tensor labels) {
        return labels.sub(outputs).div(new Scalar(variance));
      }

      @Override
      double draw(double output, RandomGenerator random) {
        return output + Math.sqrt(variance) * random.nextGaussian();
      }
    };
  }

  /** The diagonal of H, of the outputs' shape. */
  abstract Tensor curvature(Tensor outputs);

  /** Gradient of log p for labels of the outputs' shape and type. */
  abstract Tensor scoreOf(Tensor outputs, Tensor labels);

  /** One label for one output. */
  abstract double draw(double output, RandomGenerator random);

  @Override
  public final Tensor hessianProduct(Tensor outputs, Tensor u) {
    return curvature(outputs).mul(u);
  }

  @Override
  public final SquareRoot squareRoot(Tensor outputs) {
    Tensor roots = Tensors.flatten(curvature(outputs).sqrt());
    long[] shape = Tensors.shape(outputs);
    return new SquareRoot() {
      @Override
      public int columns() {
        return Math.toIntExact(roots.size(1));
      }

      @Override
      public Tensor column(int k) {
        Tensor column = torch.zeros_like(roots);
        column.select(1, k).copy_(roots.select(1, k));
        return column.view(shape);
      }
    };
  }

  @Override
  public final Tensor score(Tensor outputs, Tensor labels) {
    return scoreOf(outputs, labelsLike(outputs, labels));
  }

  /** Labels in the outputs' shape and type; a missing last axis of one output is forgiven. */
  static Tensor labelsLike(Tensor outputs, Tensor labels) {
    if (labels.numel() != outputs.numel() || labels.size(0) != outputs.size(0)) {
      throw new IllegalArgumentException(
          "labels of shape %s do not fit outputs of shape %s"
              .formatted(
                  Arrays.toString(Tensors.shape(labels)), Arrays.toString(Tensors.shape(outputs))));
    }
    Tensor y = labels.to(Tensors.type(outputs)).reshape(Tensors.shape(outputs));
    if (!Tensors.isFinite(y)) {
      throw new IllegalArgumentException("the labels hold NaN or infinite values");
    }
    return y;
  }

  @Override
  public final Tensor sample(Tensor outputs, Draws draws) {
    double[] f = Tensors.toArray(outputs);
    long n = outputs.size(0);
    int c = Math.toIntExact(f.length / n);
    double[] y = new double[f.length];
    for (int i = 0; i < n; i++) {
      RandomGenerator random = draws.of(i);
      for (int k = i * c; k < (i + 1) * c; k++) {
        y[k] = draw(f[k], random);
      }
    }
    return Tensors.of(y, Tensors.shape(outputs)).to(outputs.device(), Tensors.type(outputs));
  }
}
