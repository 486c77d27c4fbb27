package io.nngeometry.cli.compare;

import io.nngeometry.fisher.Representation;
import java.util.List;

/**
 * What is measured, and how often.
 *
 * @param representations the approximations
 * @param estimator how they and the truth are estimated
 * @param trials labels per example and draw, where labels are drawn
 * @param draws independent draws of the labels
 * @param vectors random vectors per draw
 * @param dampings lambdas of the solves
 * @param residual what is compared after a solve
 * @param seed of everything random
 */
public record Design(
    List<Representation> representations,
    EstimatorKind estimator,
    int trials,
    int draws,
    int vectors,
    List<Double> dampings,
    Residual residual,
    long seed) {
  /** Copies, and draws no more often than makes a difference. */
  public Design {
    representations = List.copyOf(representations);
    dampings = List.copyOf(dampings);
    draws = estimator.draws(draws);
  }
}
