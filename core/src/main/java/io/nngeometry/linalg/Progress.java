package io.nngeometry.linalg;

import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Where an iterative method stands.
 *
 * @param method its name
 * @param done operator applications so far
 * @param expected operator applications at the most
 * @param residual what it brings down: a relative residual, or the relative standard error of an
 *     estimate; NaN while unknown
 * @param snapshot makes a copy of the method's state
 */
public record Progress(
    String method,
    long done,
    long expected,
    double residual,
    Supplier<Map<String, Tensor>> snapshot) {

  /**
   * A copy of all that is needed to go on from here, to be saved; the tensors belong to the caller.
   */
  public Map<String, Tensor> state() {
    return snapshot.get();
  }

  /**
   * Stops the method, now.
   *
   * @throws CancelledException always; the method lets it pass to whoever called it
   */
  public void cancel() {
    throw new CancelledException(this);
  }
}
