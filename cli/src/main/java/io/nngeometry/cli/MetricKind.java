package io.nngeometry.cli;

import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Metric;
import java.util.Locale;

/** The distributions that commands know for a network's outputs. */
enum MetricKind {
  /** Logits of classes. */
  CATEGORICAL {
    @Override
    Metric metric() {
      return Metric.categorical();
    }
  },

  /** Independent logits. */
  BERNOULLI {
    @Override
    Metric metric() {
      return Metric.bernoulli();
    }
  },

  /** Means of variance one. */
  GAUSSIAN {
    @Override
    Metric metric() {
      return Metric.gaussian();
    }
  },

  /** Log-rates. */
  POISSON {
    @Override
    Metric metric() {
      return Metric.poisson();
    }
  };

  /** The metric that the distribution puts on outputs. */
  abstract Metric metric();

  /** Its negative log-likelihood. */
  ExampleLoss loss() {
    return ExampleLoss.of(metric());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
