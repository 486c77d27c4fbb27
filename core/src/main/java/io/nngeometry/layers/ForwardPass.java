package io.nngeometry.layers;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What happens when a layer runs: the layers ask the pass that is current on their thread for the
 * value of a parameter and hand it their computation. Passes differ in what a parameter's value is
 * (itself, a dual number, a fresh leaf) and in whether uses are recorded. No hooks, no proxies.
 */
public abstract class ForwardPass implements AutoCloseable {
  private static final ForwardPass PLAIN =
      new ForwardPass() {
        @Override
        protected Tensor value(Parameter parameter) {
          return parameter.tensor();
        }
      };

  private static final ThreadLocal<ForwardPass> CURRENT = ThreadLocal.withInitial(() -> PLAIN);

  private ForwardPass outer = this;

  /** The pass that runs on this thread; outside any, one in which parameters are themselves. */
  public static ForwardPass current() {
    return CURRENT.get();
  }

  /** Makes this the current pass of the thread until it is closed. */
  protected final void begin() {
    outer = CURRENT.get();
    CURRENT.set(this);
  }

  /** The value of {@code parameter} in this pass. */
  protected abstract Tensor value(Parameter parameter);

  /**
   * Runs a layer.
   *
   * @param layer the layer
   * @param input what it sees, (n, ...)
   * @param computation its forward computation, which reads its parameters by {@link
   *     Parameter#value()}
   */
  public Tensor apply(ParametricLayer layer, Tensor input, UnaryOperator<Tensor> computation) {
    return computation.apply(input);
  }

  @Override
  public void close() {
    CURRENT.set(outer);
  }
}
