package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
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
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Native memory, which no garbage collector sees, does not grow with the examples read. */
class SoakTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int WARM_UP = 200;
  private static final int MINIBATCHES = 2000;
  private static final long BATCH = 16;

  /** Minibatches between two uses of the matrices, which are freed after each. */
  private static final int ROUND = 50;

  @Test
  void residentMemoryStaysFlatOverThousandsOfMinibatches() throws IOException {
    assumeTrue(Files.isReadable(STATUS), "resident memory is read from /proc");
    int threads = Engine.threads();
    Engine.setThreads(1);
    try (Scope scope = Scope.open()) {
      Module net =
          new Sequential(new Conv2d(1, 8, 3), new ReLU(), new Flatten(), new Linear(8 * 36, 10))
              .initialize(1);
      Tensor inputs = Tensors.randn(2, Tensors.options(ScalarType.Float), ROUND * BATCH, 1, 8, 8);
      Examples data = Examples.of(inputs).batches(BATCH);
      PVector v = PVector.random(LayerCollection.of(net), 3);
      for (int done = 0; done < WARM_UP; done += ROUND) {
        round(net, data, v);
      }
      long before = residentKilobytes();
      for (int done = WARM_UP; done < MINIBATCHES; done += ROUND) {
        round(net, data, v);
      }
      // a leak of one minibatch's inputs alone, 4 kB, would be 7 MB; of its activations, 60 MB
      assertThat(residentKilobytes() - before).isLessThan(40_000);
    } finally {
      Engine.setThreads(threads);
    }
  }

  /** Every way to hold native memory: sums over minibatches, their inverses, products that run. */
  private static void round(Module net, Examples data, PVector v) {
    Fisher fisher = Fisher.of(net, Metric.categorical()).on(data);
    for (PMat stored : fisher.as(Representation.KFAC, Representation.DIAG)) {
      try (stored) {
        stored.solve(v, Damping.tikhonov(1e-2)).close();
        stored.trace();
      }
    }
    PMat implicit = fisher.as(Representation.IMPLICIT);
    implicit.mv(v).close();
    implicit.quadraticForm(v);
    implicit.trace();
  }

  private static long residentKilobytes() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
