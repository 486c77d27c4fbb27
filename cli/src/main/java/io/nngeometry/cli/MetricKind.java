package io.nngeometry.cli;

import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Metric;
import java.util.Locale;

/** The distributions that commands know for a network's outputs. */
enum MetricKind {
  /** Logits of classes. */
  CATEGORICAL {
    @Override
    Metric metric(int classAxis) {
      return Metric.categorical(classAxis);
    }
  },

  /** Independent logits. */
  BERNOULLI {
    @Override
    Metric metric(int classAxis) {
      return Metric.bernoulli();
    }
  },

  /** Means of variance one. */
  GAUSSIAN {
    @Override
    Metric metric(int classAxis) {
      return Metric.gaussian();
    }
  },

  /** Log-rates. */
  POISSON {
    @Override
    Metric metric(int classAxis) {
      return Metric.poisson();
    }
  };

  /**
   * The metric that the distribution puts on outputs.
   *
   * @param classAxis which of their axes the classes are, where there are any
   */
  abstract Metric metric(int classAxis);

  /** Its negative log-likelihood. */
  ExampleLoss loss(int classAxis) {
    return ExampleLoss.of(metric(classAxis));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
