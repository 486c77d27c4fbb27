package io.nngeometry.cli.training;

/** What makes a step of a gradient. */
public enum OptimiserKind {
  /** Stochastic gradient descent with momentum. */
  SGD(0.1),

  /** Adam, with decoupled weight decay. */
  ADAM(0.005);

  private final double defaultLearningRate;

  OptimiserKind(double defaultLearningRate) {
    this.defaultLearningRate = defaultLearningRate;
  }

  /** A learning rate that suits it on small networks. */
  public double defaultLearningRate() {
    return defaultLearningRate;
  }
}
