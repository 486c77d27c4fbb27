package io.nngeometry.cli.compare;

import io.nngeometry.fisher.Estimator;
import java.util.Locale;

/** How the Fisher matrices are estimated. */
public enum EstimatorKind {
  /** All outputs, no noise. */
  EXACT("exact") {
    @Override
    public Estimator estimator(int trials, long seed) {
      return Estimator.exact();
    }

    @Override
    public int draws(int wanted) {
      return 1;
    }
  },

  /** Labels drawn from the model. */
  MC("Monte-Carlo") {
    @Override
    public Estimator estimator(int trials, long seed) {
      return Estimator.monteCarlo(trials, seed);
    }

    @Override
    public int draws(int wanted) {
      return wanted;
    }
  },

  /** The data's own labels. */
  EMPIRICAL("empirical") {
    @Override
    public Estimator estimator(int trials, long seed) {
      return Estimator.empirical();
    }

    @Override
    public int draws(int wanted) {
      return 1;
    }
  };

  private final String title;

  EstimatorKind(String title) {
    this.title = title;
  }

  /** Its name for readers. */
  public String title() {
    return title;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The estimator with so many labels per example, drawn from {@code seed}. */
  public abstract Estimator estimator(int trials, long seed);

  /** How many draws make sense where {@code wanted} are asked for. */
  public abstract int draws(int wanted);
}
