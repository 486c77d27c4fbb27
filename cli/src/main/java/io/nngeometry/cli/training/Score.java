package io.nngeometry.cli.training;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.nn.Module;
import io.nngeometry.train.Loss;
import org.bytedeco.pytorch.Tensor;

/**
 * How good a classifier is.
 *
 * @param loss mean cross-entropy
 * @param accuracy share of the examples, or of their positions, classified rightly
 */
record Score(double loss, double accuracy) {
  private static final int BATCH = 512;

  /**
   * Of {@code net}, in evaluation mode, on the first {@code most} examples.
   *
   * @param classAxis where the classes stand in its outputs
   */
  static Score of(Module net, Dataset data, int most, int classAxis) {
    double[] sums = new double[2];
    long[] count = new long[1];
    try (GradMode none = GradMode.disabled()) {
      data.examples()
          .first(most)
          .batches(BATCH)
          .forEach(
              batch -> {
                count[0] += batch.labels().orElseThrow().numel();
                add(net, batch, sums, classAxis);
              });
    }
    return new Score(sums[0] / count[0], sums[1] / count[0]);
  }

  private static void add(Module net, Minibatch batch, double[] sums, int classAxis) {
    try (Scope scope = Scope.open()) {
      Tensor logits = net.forward(batch.inputs().get(0));
      Tensor labels = batch.labels().orElseThrow();
      sums[0] += Tensors.item(Loss.crossEntropy(classAxis).of(logits, labels)) * labels.numel();
      sums[1] += Tensors.item(Accuracy.guesses(logits, classAxis).eq(labels).sum());
    }
  }
}
