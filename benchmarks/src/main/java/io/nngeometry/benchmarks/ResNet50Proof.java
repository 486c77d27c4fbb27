package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Effort;
import io.nngeometry.linalg.Eigenpairs;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.Hutchinson;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.Solution;
import io.nngeometry.operators.PMat;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * That the paper's network fits: the exact Fisher matrix of a ResNet50 of 24 million parameters and
 * 200 classes, by products alone, in one process and one thread. Each line tells an operation's
 * time, that time in forward-and-backward passes over the same examples, and the peak of the
 * process's resident memory so far.
 *
 * <pre>benchmarks/resnet50-proof [EXAMPLES]</pre>
 */
public final class ResNet50Proof {
  private static final int EXAMPLES = 16;
  private static final int TOP = 10;

  /** Examples at a time, which bounds what a product holds. */
  private static final int MINIBATCH = 8;

  private static final int VECTORS = 10;
  private static final int ITERATIONS = 20;
  private static final int MOST_PRODUCTS = 120;

  /** Smallest that the method takes for ten pairs: a vector has 96 MB. */
  private static final int BASIS = 22;

  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private final Setting setting;

  private ResNet50Proof(Setting setting) {
    this.setting = setting;
    unit(); // not counted
  }

  private double unit() {
    return seconds(() -> Passes.forwardAndBackward(setting));
  }

  public static void main(String[] args) {
    Engine.setThreads(1);
    long n = args.length == 0 ? EXAMPLES : Long.parseLong(args[0]);
    Workload workload = Objects.requireNonNull(Workload.byName().get("resnet50-64px"));
    new ResNet50Proof(Setting.of(workload, n, true)).run();
  }

  private void run() {
    OUT.printf(
        Locale.ROOT,
        "%,d parameters, %d classes, n = %d; one forward and backward (FB) takes %.2f s%n",
        setting.layers().size(),
        setting.workload().classes(),
        setting.data().size(),
        unit());
    OUT.println("| operation | s | x FB | peak MB | result |\n|---|--:|--:|--:|---|");
    TensorOptions options = Tensors.options(setting.v().tensor());
    try (Scope scope = Scope.open();
        PMat f = setting.inMinibatchesOf(MINIBATCH).exact(Representation.IMPLICIT)) {
      Tensor v = setting.v().tensor().unsqueeze(0);
      f.apply(v).close(); // not counted
      timed("F v", () -> text("|F v| = %.6g", f.apply(v).norm()));
      timed("v^T F v", () -> "%.6g".formatted(f.quadraticForm(setting.v())));
      double[] trace = {0};
      timed(
          "trace, %d random vectors".formatted(VECTORS),
          () -> {
            Estimate estimate = Hutchinson.of(Effort.products(VECTORS), 0).trace(f, options);
            trace[0] = estimate.value();
            return "%.6g ± %.2g".formatted(estimate.value(), estimate.standardError());
          });
      double lambda = trace[0] / 1e5;
      timed(
          "solve, damping %.2g".formatted(lambda),
          () -> {
            Solution x = new ConjugateGradient(1e-2, ITERATIONS).solve(f, v, lambda);
            return "%d products, relative residual %.1e%s"
                .formatted(
                    x.products(), x.relativeResidual(), x.converged() ? "" : " (not converged)");
          });
      timed(
          "%d greatest eigenvalues".formatted(TOP),
          () -> {
            Lanczos method = new Lanczos(1e-2, MOST_PRODUCTS, 0).basis(BASIS);
            Eigenpairs pairs = method.eigenpairs(f, TOP, Lanczos.Which.LARGEST, options);
            double[] values = Tensors.toArray(pairs.values());
            return "%.4g to %.4g, %d products, relative residual %.1e%s"
                .formatted(
                    values[0],
                    values[TOP - 1],
                    pairs.products(),
                    pairs.relativeResidual(),
                    pairs.converged() ? "" : " (not converged)");
          });
    }
  }

  private static String text(String format, Tensor number) {
    return format.formatted(Tensors.item(number));
  }

  private void timed(String what, Supplier<String> work) {
    String[] result = {""};
    double before = unit();
    double seconds =
        seconds(
            () -> {
              try (Scope scope = Scope.open()) {
                result[0] = work.get();
              }
            });
    double unit = (before + unit()) / 2; // around it, for a machine that is not quiet
    OUT.printf(
        Locale.ROOT,
        "| %s | %.2f | %.1f | %s | %s |%n",
        what,
        seconds,
        seconds / unit,
        Stopwatch.peakMegabytes().map(Object::toString).orElse("?"),
        result[0]);
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
