package io.nngeometry.cli.compare;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import org.bytedeco.pytorch.Tensor;

/**
 * Random vectors, and what the true matrix says of them. It is asked once; every quantity of every
 * representation is compared with the same answers.
 *
 * @param rows the vectors v, standard normal, (V, d)
 * @param images F v, (V, d)
 * @param forms v'Fv, (V)
 * @param secondsPerProduct time of one F v
 */
record Probes(Tensor rows, Tensor images, double[] forms, double secondsPerProduct)
    implements AutoCloseable {

  /** Draws {@code count} vectors and asks {@code truth}. */
  static Probes of(Truth truth, int count, long seed) {
    LayerCollection layers = truth.matrix().layers();
    try (Scope scope = Scope.open()) {
      Tensor like = layers.slots().get(0).parameter().tensor();
      Tensor rows = Tensors.randn(seed, Tensors.options(like), count, layers.size());
      Stopwatch watch = Stopwatch.start();
      Tensor images = truth.matrix().apply(rows);
      double seconds = watch.seconds() / count;
      return new Probes(Scope.detach(rows), Scope.detach(images), Rows.dots(rows, images), seconds);
    }
  }

  /** How many vectors there are. */
  int count() {
    return forms.length;
  }

  @Override
  public void close() {
    rows.close();
    images.close();
  }
}
