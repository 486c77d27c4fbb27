package io.nngeometry.verification;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Plan;
import io.nngeometry.fisher.Representation;
import io.nngeometry.models.Mlp;
import io.nngeometry.models.ResNet18;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The program that {@link PlanTest} watches: prints the bytes that one operation was predicted to
 * take and those that it took, the greatest resident memory less that before.
 */
final class Peak {
  private Peak() {}

  /** Network, representation, estimator ({@code exact} or {@code mc}), examples. */
  public static void main(String[] args) throws IOException {
    long n = Long.parseLong(args[3]);
    boolean mlp = args[0].equals("mlp");
    try (Scope scope = Scope.open()) {
      Module net = mlp ? new Mlp(784, 512, 512, 10) : new ResNet18(Long.parseLong(args[0]), 10);
      net.initialize(1);
      net.eval();
      long[] shape = mlp ? new long[] {n, 784} : new long[] {n, 3, 32, 32};
      Examples data =
          Examples.of(Tensors.randn(2, Tensors.options(ScalarType.Float), shape)).batches(n);
      Fisher fisher =
          Fisher.of(net, Metric.categorical())
              .on(data)
              .estimator(args[2].equals("mc") ? Estimator.monteCarlo(1, 0) : Estimator.exact());
      Representation representation = Representation.of(args[1]);
      use(fisher.on(data.first(1).batches(1)), net, Representation.DIAG); // classes, kernels
      Plan plan = fisher.plan(representation);
      System.gc();
      long before = Resident.NOW.kilobytes();
      use(fisher, net, representation);
      long after = Resident.PEAK.kilobytes();
      System.out.printf(
          "planned %.0f taken %d batch %d per %.0f stored %.0f%n",
          plan.peak(), (after - before) * 1024, plan.batch(), plan.perExample(), plan.stored());
    }
  }

  private static void use(Fisher fisher, Module net, Representation representation) {
    try (PMat matrix = fisher.as(representation)) {
      if (representation == Representation.IMPLICIT) {
        matrix.mv(PVector.random(matrix.layers(), 1)).close();
      }
    }
  }
}
