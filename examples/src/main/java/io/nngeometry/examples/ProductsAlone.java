package io.nngeometry.examples;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.Representation;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.kernel.Alignment;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Effort;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.Slq;
import io.nngeometry.linalg.Solution;
import io.nngeometry.linalg.XTrace;
import io.nngeometry.models.SmallConvNet;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.Preconditioner;
import java.io.PrintStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What can be asked of matrices that are never stored: solves, spectra, traces, kernels. */
public final class ProductsAlone {
  private ProductsAlone() {}

  /** Prints answers for an untrained network and 100 real digits. */
  public static void main(String[] args) {
    run(System.out);
  }

  /** Returns the relative residual of the solve. */
  static double run(PrintStream out) {
    try (Dataset digits = Digits.train(0).take(100);
        Scope scope = Scope.open()) {
      Module net = new SmallConvNet().initialize(0);
      net.eval();
      Examples data = digits.examples().batches(100);
      TensorOptions floats = Tensors.options(ScalarType.Float);

      Fisher fisher = Fisher.of(net, Metric.categorical()).on(data);
      out.println(fisher.plan(Representation.DENSE)); // bytes and work, before anything is done
      PMat exact = fisher.as(Representation.IMPLICIT);
      PMat kfac = fisher.as(Representation.KFAC);

      Tensor b = Tensors.randn(1, floats, 1, exact.size());
      Solution step =
          new ConjugateGradient(1e-4, 200)
              .preconditioned(Preconditioner.of(kfac, Damping.tikhonov(1e-2)))
              .solve(exact, b, 1e-2);
      out.printf("solved in %d products%n", step.products());

      Estimate trace = XTrace.of(Effort.within(0.02, 300), 0).trace(exact, floats);
      out.printf(
          "trace %.3f +- %.3f, exactly %.3f%n",
          trace.value(), trace.standardError(), exact.trace());
      out.println(Slq.DEFAULT.logDeterminant(exact, 1e-2, floats));

      PMat hessian =
          Hessian.of(net, ExampleLoss.crossEntropy()).on(data).as(Representation.IMPLICIT);
      out.println(hessian.topEigen(3).values());

      FMat kernel = TangentKernel.of(net).on(data).outputs(Outputs.sum()).dense();
      out.printf(
          "alignment with the classes %.3f%n",
          Alignment.withLabels(kernel, digits.targets().orElseThrow()));
      return step.relativeResidual();
    }
  }
}
