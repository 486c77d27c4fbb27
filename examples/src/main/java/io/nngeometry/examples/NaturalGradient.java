package io.nngeometry.examples;

import static io.nngeometry.fisher.Representation.KFAC;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import java.io.PrintStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Natural-gradient steps on real digits: the gradient of the loss, preconditioned by the damped
 * KFAC inverse, and what elastic weight consolidation would charge for the way gone.
 */
public final class NaturalGradient {
  /** A small network: ordinary Java. */
  private static final class Net extends Module {
    final Conv2d conv = register("conv", new Conv2d(ConvOptions.of(1, 8, 3).padding(1)));
    final Linear head = register("head", new Linear(8 * 64, 10));

    @Override
    public Tensor forward(Tensor x) {
      return head.forward(conv.forward(x).relu().flatten(1, -1));
    }
  }

  private NaturalGradient() {}

  /** Takes five steps and prints the loss after each. */
  public static void main(String[] args) {
    run(System.out, 5);
  }

  static double run(PrintStream out, int steps) {
    Module net = new Net().initialize(0);
    try (Dataset digits = Digits.train(0).take(500)) {
      Examples data = digits.examples().batches(100);
      double loss = loss(net, digits);
      for (int k = 0; k < steps; k++) {
        try (Scope scope = Scope.open();
            PMat fisher = Fisher.of(net, Metric.categorical()).on(data).as(KFAC)) {
          PVector before = PVector.parameters(fisher.layers()).copy();
          PVector gradient = PVector.gradient(fisher.layers(), lossTensor(net, digits));
          PVector step = fisher.solve(gradient, Damping.tikhonov(0.1)).times(-0.3);
          FVector change = Jacobian.of(net, data).pushForward().apply(step);
          step.addToModel(1);
          double drift = fisher.quadraticForm(PVector.parameters(fisher.layers()).minus(before));
          loss = loss(net, digits);
          out.printf(
              "step %d: loss %.4f, outputs moved by %.3g, drift %.3g%n",
              k + 1, loss, change.norm() / Math.sqrt(digits.size()), drift);
        }
      }
      return loss;
    }
  }

  private static Tensor lossTensor(Module net, Dataset digits) {
    return torch.cross_entropy_loss(net.forward(digits.inputs()), digits.targets().orElseThrow());
  }

  private static double loss(Module net, Dataset digits) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(lossTensor(net, digits));
    }
  }
}
