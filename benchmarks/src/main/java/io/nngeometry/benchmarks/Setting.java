package io.nngeometry.benchmarks;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Everything that operations are measured on. It lives as long as the process.
 *
 * @param workload what it was made from
 * @param model the network, random
 * @param layers the parameters that the matrices are over
 * @param data random inputs and labels
 * @param v a random vector over the parameters
 */
record Setting(Workload workload, Module model, LayerCollection layers, Examples data, PVector v) {

  private static final long SEED = 0;

  /**
   * Draws networks and data.
   *
   * @param examples how many
   * @param withNorms whether the matrices also cover batch normalisations
   */
  static Setting of(Workload workload, long examples, boolean withNorms) {
    try (Scope scope = Scope.open()) {
      Module model = workload.model().apply(workload.classes());
      model.initialize(SEED);
      LayerCollection all = LayerCollection.of(model);
      LayerCollection layers =
          withNorms ? all : all.where(layer -> !layer.kind().startsWith("BatchNorm"));
      long[] shape =
          LongStream.concat(
                  LongStream.of(examples), workload.shape().stream().mapToLong(Long::longValue))
              .toArray();
      Tensor inputs =
          Scope.detach(Tensors.randn(SEED + 1, Tensors.options(ScalarType.Float), shape));
      Tensor labels =
          Scope.detach(
              torch.randint(
                  0, workload.classes(), new long[] {examples}, Tensors.options(ScalarType.Long)));
      PVector v = PVector.random(layers, SEED + 2);
      Scope.detach(v.tensor());
      Examples data = Examples.of(inputs, labels);
      return new Setting(
          workload, model, layers, data.batches(Math.min(workload.batchSize(), examples)), v);
    }
  }

  /** The same, read fewer examples at a time. */
  Setting inMinibatchesOf(long size) {
    return new Setting(workload, model, layers, data.batches(size), v);
  }

  /** The same on other examples. */
  Setting on(Examples other) {
    return new Setting(workload, model, layers, other, v);
  }

  /** The same on the first {@code count} examples. */
  Setting first(long count) {
    return on(data.first(count));
  }

  /** The Fisher matrix by the exact estimator. */
  PMat exact(Representation representation) {
    return fisher().as(representation);
  }

  /** The Fisher matrix by one label per example, drawn from the model. */
  PMat oneLabel(Representation representation) {
    return fisher().estimator(Estimator.monteCarlo(1, SEED)).as(representation);
  }

  /** The covariance of the gradients. */
  PMat centred() {
    return fisher().centred().as(Representation.IMPLICIT);
  }

  /** The Hessian of the cross entropy. */
  PMat hessian() {
    return Hessian.of(model, ExampleLoss.crossEntropy())
        .on(data)
        .layers(layers)
        .as(Representation.IMPLICIT);
  }

  private Fisher fisher() {
    return Fisher.of(model, Metric.categorical()).on(data).layers(layers);
  }
}
