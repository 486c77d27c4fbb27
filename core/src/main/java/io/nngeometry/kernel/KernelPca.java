package io.nngeometry.kernel;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.TopEigen;
import org.bytedeco.pytorch.Tensor;

/**
 * Principal components of the examples' gradients from their kernel (Schölkopf, Smola and Müller
 * 1998): the kernel is centred and its greatest eigenvalues are the components' variances, times n.
 *
 * <pre>{@code
 * FMat K = TangentKernel.of(model).on(data).outputs(Outputs.difference(3, 5)).dense();
 * KernelPca pca = KernelPca.of(K, 2); // pca.scores(): where to draw each example
 * }</pre>
 *
 * @param scores coordinates of the examples on each component, (n, q)
 * @param variances of the components, their mean square over examples, descending, (q)
 * @param totalVariance of all components there are
 * @param axes coefficients of the components' unit directions in the centred gradients, (q, n)
 * @param means of the kernel over its examples, (n), and {@code mean} over all pairs, for new ones
 * @param mean the mean of all elements
 */
public record KernelPca(
    Tensor scores, Tensor variances, double totalVariance, Tensor axes, Tensor means, double mean)
    implements AutoCloseable {
  /**
   * The first {@code components} components, or as many as have a variance above rounding.
   *
   * @param kernel of one output, not centred
   * @throws IllegalArgumentException for more outputs: choose a combination, or {@link
   *     FMatDense#overOutputs}
   */
  public static KernelPca of(FMat kernel, int components) {
    Kernels.requireOneOutput(kernel, "kernel PCA");
    if (components < 1) {
      throw new IllegalArgumentException("ask for one component or more, not " + components);
    }
    try (Scope scope = Scope.open()) {
      Tensor k = kernel.toDense();
      FMatDense centred = FMatDense.of(k).centred();
      double n = kernel.examples();
      TopEigen top = centred.topEigen(components);
      double rounding = Kernels.rounding(k) * centred.frobeniusNorm();
      long kept = Math.max(1, top.values().gt(Tensors.scalar(rounding)).sum().item_long());
      Tensor values = top.values().narrow(0, 0, kept).clamp_min(Tensors.scalar(0));
      Tensor vectors = top.vectors().narrow(0, 0, kept);
      Tensor roots = values.sqrt().unsqueeze(1);
      Tensor axes = vectors.div(roots.clamp_min(Tensors.scalar(Math.sqrt(Double.MIN_NORMAL))));
      Tensor square = FMatDense.of(k).matrix();
      return new KernelPca(
          scope.keep(vectors.mul(roots).t().contiguous()),
          scope.keep(values.div(Tensors.scalar(n))),
          centred.trace() / n,
          scope.keep(axes),
          scope.keep(
              square.mean(new long[] {1}, false, new org.bytedeco.pytorch.ScalarTypeOptional())),
          Tensors.item(square.mean()));
    }
  }

  /** The part of the variance that each component explains, (q). */
  public double[] explainedVariance() {
    double[] parts = Tensors.toArray(variances);
    for (int k = 0; k < parts.length; k++) {
      parts[k] = totalVariance > 0 ? parts[k] / totalVariance : 0;
    }
    return parts;
  }

  /**
   * Coordinates of new examples, (m, q).
   *
   * @param cross the kernel of the new examples with the old ones, not centred
   */
  public Tensor project(CrossFMat cross) {
    if (cross.rows() != cross.examples() || cross.columns() != means.size(0)) {
      throw new IllegalArgumentException(
          "components of %d examples cannot take a kernel of %d outputs against %d examples"
              .formatted(means.size(0), cross.outputs(), cross.otherExamples()));
    }
    return Scope.keeping(
        () -> {
          Tensor k = cross.toDense().reshape(cross.rows(), cross.columns());
          Tensor mine = Tensors.sum(k, true, 1).div(Tensors.scalar((double) k.size(1)));
          Tensor centred = k.sub(mine).sub(means.unsqueeze(0)).add(Tensors.scalar(mean));
          return centred.matmul(axes.t());
        });
  }

  @Override
  public void close() {
    scores.close();
    variances.close();
    axes.close();
    means.close();
  }
}
