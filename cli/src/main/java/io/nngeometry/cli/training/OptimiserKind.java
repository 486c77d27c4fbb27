package io.nngeometry.cli.training;

import io.nngeometry.train.Adam;
import io.nngeometry.train.Optimizer;
import io.nngeometry.train.SGD;

/** What makes a step of a gradient. */
public enum OptimiserKind {
  /** Stochastic gradient descent with momentum. */
  SGD(0.05) {
    @Override
    Optimizer with(double momentum, double weightDecay) {
      return new SGD().momentum(momentum).weightDecay(weightDecay);
    }
  },

  /** Adam, with decoupled weight decay. */
  ADAM(0.005) {
    @Override
    Optimizer with(double momentum, double weightDecay) {
      return new Adam().decoupledWeightDecay(weightDecay);
    }
  };

  private final double defaultLearningRate;

  OptimiserKind(double defaultLearningRate) {
    this.defaultLearningRate = defaultLearningRate;
  }

  /** A learning rate that suits it on small networks. */
  public double defaultLearningRate() {
    return defaultLearningRate;
  }

  abstract Optimizer with(double momentum, double weightDecay);
}
