package io.nngeometry.train;

/**
 * Where a training stands after a minibatch.
 *
 * @param epoch from 0
 * @param epochs in all
 * @param batch of this epoch, from 0
 * @param batches of an epoch
 * @param step of the training, from 0
 * @param loss of this minibatch before its step
 * @param learningRate of this step
 * @param examplesSeen since the training began
 * @param examplesInAll until it ends
 */
public record Progress(
    int epoch,
    int epochs,
    long batch,
    long batches,
    long step,
    double loss,
    double learningRate,
    long examplesSeen,
    long examplesInAll) {}
