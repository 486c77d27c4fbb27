package io.nngeometry.cli.ntk;

import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.kernel.Alignment;
import io.nngeometry.kernel.EffectiveRank;
import io.nngeometry.kernel.KernelPca;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Measures the kernel of f_c2 - f_c1 on the two classes' examples at one state after the other
 * (section 3.2 of the NNGeometry paper). It keeps the kernels in the enclosing scope.
 */
public final class Snapshots {
  private static final int COMPONENTS = 2;

  private final Examples examples;
  private final Classes classes;
  private final int first;
  private final int second;
  private final MemoryBudget memory;
  private final FVector target;
  private final List<Snapshot> taken = new ArrayList<>();
  private @Nullable FMatDense initial;
  private @Nullable FMatDense previous;

  /**
   * One state.
   *
   * @param numbers what is known of it
   * @param kernel n x n, in float64
   * @param first coordinates of the examples on the first component
   * @param second on the second
   */
  public record Snapshot(
      Evolution.Checkpoint numbers, FMatDense kernel, double[] first, double[] second) {}

  /**
   * Of these examples.
   *
   * @param examples of the two classes alone
   * @param classes of the examples
   * @param first c1, whose target is -1
   * @param second c2, whose target is 1
   */
  public Snapshots(Examples examples, Classes classes, int first, int second, MemoryBudget memory) {
    this.examples = examples;
    this.classes = classes;
    this.first = first;
    this.second = second;
    this.memory = memory;
    double[] y = classes.labels().stream().mapToDouble(k -> k == second ? 1 : -1).toArray();
    target = FVector.of(Tensors.of(y, 1, y.length));
  }

  /**
   * Measures {@code net} as it is.
   *
   * @param epoch when that is
   */
  public void take(Checkpoints.Entry entry, double epoch, Module net) {
    try (Scope scope = Scope.open()) {
      FMatDense k = kernel(net);
      scope.keep(k.tensor());
      try (KernelPca pca = KernelPca.of(k, COMPONENTS)) {
        double[][] scores = NtkFigures.scores(pca);
        orient(scores);
        Evolution.Checkpoint numbers =
            new Evolution.Checkpoint(
                entry.title(),
                entry.file(),
                entry.step(),
                epoch,
                entry.testAccuracy(),
                pairAccuracy(net),
                Alignment.withTarget(k, target),
                Alignment.centredWithTarget(k, target),
                initial == null ? 0 : Alignment.distance(k, initial),
                previous == null ? 0 : Alignment.distance(k, previous),
                EffectiveRank.of(k),
                k.trace() / k.size(),
                Arrays.stream(pca.explainedVariance()).boxed().toList());
        taken.add(new Snapshot(numbers, k, scores[0], scores[1]));
      }
      initial = initial == null ? k : initial;
      previous = k;
    }
  }

  private FMatDense kernel(Module net) {
    try (FMatDense k =
        TangentKernel.of(net)
            .on(examples)
            .outputs(Outputs.difference(first, second))
            .memoryBudget(memory)
            .dense()) {
      return Summary.inDouble(k);
    }
  }

  private double pairAccuracy(Module net) {
    try (Scope scope = Scope.open()) {
      Tensor f = Jacobian.of(net, examples).outputs();
      Tensor side = f.select(1, second).sub(f.select(1, first)).sign().to(ScalarType.Double);
      return Tensors.item(side.eq(target.tensor().view(-1)).to(ScalarType.Double).mean());
    }
  }

  /** Components have no sign: the second class is on the right, and what was above stays there. */
  private void orient(double[][] scores) {
    double toTheRight = 0;
    for (int i = 0; i < scores[0].length; i++) {
      toTheRight += (classes.labels().get(i) == second ? 1 : -1) * scores[0][i];
    }
    flip(scores[0], toTheRight);
    if (!taken.isEmpty()) {
      double[] before = taken.get(taken.size() - 1).second();
      double above = 0;
      for (int i = 0; i < before.length; i++) {
        above += before[i] * scores[1][i];
      }
      flip(scores[1], above);
    }
  }

  private static void flip(double[] axis, double sign) {
    if (sign < 0) {
      Arrays.setAll(axis, i -> -axis[i]);
    }
  }

  /** The states that were measured. */
  public List<Snapshot> taken() {
    return List.copyOf(taken);
  }

  /** The classes of the examples. */
  public Optional<Classes> classes() {
    return Optional.of(classes);
  }
}
