package io.nngeometry.verification;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.ReLU;
import io.nngeometry.nn.Sequential;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The program that {@link SoakTest} watches: works for a given number of minibatches and prints
 * resident kilobytes after every fifty. With a second argument, {@code leak}, it keeps a tensor a
 * minibatch, as large as what the convolution and the ReLU give.
 */
final class Soak {
  /** What a line of figures begins with. */
  static final String FIGURE = "resident kB: ";

  /** Minibatches between two uses of the matrices, which are freed after each. */
  static final int ROUND = 50;

  private static final long BATCH = 16;

  private Soak() {}

  public static void main(String[] args) throws IOException {
    int minibatches = Integer.parseInt(args[0]);
    boolean leak = args.length > 1 && args[1].equals("leak");
    List<Tensor> kept = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      Module net =
          new Sequential(new Conv2d(1, 8, 3), new ReLU(), new Flatten(), new Linear(8 * 36, 10))
              .initialize(1);
      Examples many = examples(ROUND);
      Examples few = examples(2);
      PVector v = PVector.random(LayerCollection.of(net), 3);
      for (int done = 0; done < minibatches; done += ROUND) {
        matrices(Fisher.of(net, Metric.categorical()).on(many), v);
        maps(net, many, few, v);
        for (int k = 0; leak && k < ROUND; k++) {
          kept.add(
              Scope.detach(Tensors.randn(k, Tensors.options(ScalarType.Float), BATCH, 16, 6, 6)));
        }
        System.out.println(FIGURE + Resident.NOW.kilobytes());
      }
    }
    System.out.println("kept " + kept.size());
  }

  private static Examples examples(long batches) {
    return Examples.of(
            Tensors.randn(2, Tensors.options(ScalarType.Float), batches * BATCH, 1, 8, 8))
        .batches(BATCH);
  }

  /** Sums over minibatches, their inverses, products that run the examples again. */
  private static void matrices(Fisher fisher, PVector v) {
    for (PMat stored : fisher.as(Representation.KFAC, Representation.EKFAC, Representation.DIAG)) {
      try (stored) {
        stored.solve(v, Damping.tikhonov(1e-2)).close();
        stored.trace();
      }
    }
    try (PMat implicit = fisher.as(Representation.IMPLICIT)) {
      implicit.mv(v).close();
      implicit.quadraticForm(v);
      implicit.trace();
    }
  }

  /** J, J^T and, on fewer examples, J stored. */
  private static void maps(Module net, Examples many, Examples few, PVector v) {
    Jacobian jacobian = Jacobian.of(net, many);
    try (FVector image = jacobian.pushForward().apply(v)) {
      jacobian.pullBack().apply(image).close();
    }
    jacobian.outputs().close();
    Jacobian.of(net, few).dense().close();
  }
}
