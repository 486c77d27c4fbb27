package io.nngeometry.cli.compare;

import io.nngeometry.audit.Answers;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import org.bytedeco.pytorch.Tensor;

/**
 * Random vectors, and what the true matrix says of them. It is asked once; every quantity of every
 * representation is compared with the same answers.
 *
 * @param answers standard normal vectors v, (V, d), with F v and v'Fv
 * @param secondsPerProduct time of one F v
 */
record Probes(Answers answers, double secondsPerProduct) implements AutoCloseable {

  /** Draws {@code count} vectors and asks {@code truth}. */
  static Probes of(Truth truth, int count, long seed) {
    LayerCollection layers = truth.matrix().layers();
    try (Scope scope = Scope.open()) {
      Tensor like = layers.slots().get(0).parameter().tensor();
      Tensor rows = Tensors.randn(seed, Tensors.options(like), count, layers.size());
      Stopwatch watch = Stopwatch.start();
      Answers answers = Answers.of(truth.matrix(), rows);
      return new Probes(answers, watch.seconds() / count);
    }
  }

  /** The vectors, (V, d). */
  Tensor rows() {
    return answers.vectors();
  }

  /** How many vectors there are. */
  int count() {
    return answers.count();
  }

  @Override
  public void close() {
    answers.close();
  }
}
