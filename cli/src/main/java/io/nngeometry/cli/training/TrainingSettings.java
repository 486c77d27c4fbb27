package io.nngeometry.cli.training;

import io.nngeometry.train.Optimizer;

/**
 * How a network is trained.
 *
 * @param epochs times that every image is seen
 * @param optimiser what makes a step of a gradient
 * @param learningRate the greatest; it rises for one epoch and falls to zero along a half cosine
 * @param momentum of SGD
 * @param weightDecay pull of the parameters towards zero
 * @param batch images per step
 * @param seed of the initial parameters and of the order of the images
 */
public record TrainingSettings(
    int epochs,
    OptimiserKind optimiser,
    double learningRate,
    double momentum,
    double weightDecay,
    int batch,
    long seed) {
  Optimizer optimizer() {
    return optimiser.with(momentum, weightDecay);
  }
}
