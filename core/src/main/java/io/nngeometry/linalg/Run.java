package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * One run of an iterative method under its monitor: reports, lets itself be cancelled, saves and
 * restores. The tensors of a state are named {@code method/name}.
 */
final class Run {
  private static final String IDENTITY = "identity";
  private final String method;
  private final Monitor monitor;
  private final Map<String, Tensor> resumed;
  private final long[] identity;

  /**
   * Begins.
   *
   * @param identity what a state must agree in to be gone on from: dimension, seed, options
   */
  Run(String method, Monitor monitor, long... identity) {
    this.method = method;
    this.monitor = monitor;
    this.identity = identity;
    this.resumed = monitor.resumed();
    if (resumes() && !Arrays.equals(Tensors.toLongArray(get(IDENTITY)), identity)) {
      throw new IllegalArgumentException(
          "the state to resume %s from was made with another operator, seed or options"
              .formatted(method));
    }
  }

  /** Whether there is a state to go on from. */
  boolean resumes() {
    return !resumed.isEmpty();
  }

  /** The number of that name in the state. */
  long counter(String name) {
    return Tensors.toLongArray(get(name))[0];
  }

  /** The tensor of that name in the state, the caller's of the run: not to be written to. */
  Tensor get(String name) {
    Tensor t = resumed.get(key(name));
    if (t == null || t.isNull()) {
      throw new IllegalArgumentException(
          "a state to resume %s from needs the tensor %s; this one holds %s"
              .formatted(method, key(name), new TreeMap<>(resumed).keySet()));
    }
    return t;
  }

  private String key(String name) {
    return method.replace(' ', '-') + "/" + name;
  }

  /** A number as a state holds it. */
  static Tensor counter(long number) {
    return Tensors.of(new long[] {number}, 1);
  }

  /**
   * Reports a step.
   *
   * @param live the state as it is, not a copy
   * @throws CancelledException if the monitor cancels or the thread was interrupted
   */
  void step(long done, long expected, double residual, Supplier<Map<String, Tensor>> live) {
    Progress progress =
        new Progress(
            method, done, expected, residual, () -> Collections.unmodifiableMap(copy(live)));
    monitor.report(progress);
    if (Thread.interrupted()) {
      progress.cancel();
    }
  }

  private Map<String, Tensor> copy(Supplier<Map<String, Tensor>> live) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> state = new TreeMap<>();
      state.put(key(IDENTITY), Scope.detach(Tensors.of(identity, identity.length)));
      live.get()
          .forEach(
              (name, t) -> state.put(key(name), Scope.detach(t.detach().contiguous().clone())));
      return state;
    }
  }
}
