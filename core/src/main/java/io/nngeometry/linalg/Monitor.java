package io.nngeometry.linalg;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Watches an iterative method, stops it, and tells it where to set out from. Every method of this
 * package that iterates takes one; a lambda will do:
 *
 * <pre>{@code
 * Slq slq = Slq.DEFAULT.monitored(p -> bar.update(p.done(), p.expected()));
 * try {
 *   return slq.logDeterminant(fisher, 1e-3, options);
 * } catch (CancelledException stopped) {       // by Progress.cancel() or Thread.interrupt()
 *   save(stopped.state());                     // named tensors
 * }
 * ...
 * slq.monitored(monitor.resuming(saved)).logDeterminant(fisher, 1e-3, options);
 * }</pre>
 *
 * <p>A resumed estimator gives bit for bit what it would have given undisturbed; a resumed solver
 * converges to the same answer.
 */
@FunctionalInterface
public interface Monitor {
  /** Watches nothing. */
  Monitor SILENT = progress -> {};

  /** Called after every step, on the thread that iterates. */
  void report(Progress progress);

  /** The state to set out from; empty to begin at the beginning. */
  default Map<String, Tensor> resumed() {
    return Map.of();
  }

  /** This monitor, and a method that sets out from {@code state}. */
  default Monitor resuming(Map<String, Tensor> state) {
    Monitor self = this;
    Map<String, Tensor> from = Map.copyOf(state);
    return new Monitor() {
      @Override
      public void report(Progress progress) {
        self.report(progress);
      }

      @Override
      public Map<String, Tensor> resumed() {
        return from;
      }
    };
  }
}
