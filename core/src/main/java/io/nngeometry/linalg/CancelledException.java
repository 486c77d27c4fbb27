package io.nngeometry.linalg;

import java.util.Map;
import java.util.concurrent.CancellationException;
import org.bytedeco.pytorch.Tensor;

/**
 * An iterative method that was stopped by its {@link Monitor} or by {@link Thread#interrupt()},
 * whose flag is then cleared.
 */
public class CancelledException extends CancellationException {
  private static final long serialVersionUID = 1L;
  private final transient Map<String, Tensor> state;

  /** Stopped there. */
  public CancelledException(Progress progress) {
    super(
        "%s cancelled after %d of at most %d operator applications"
            .formatted(progress.method(), progress.done(), progress.expected()));
    state = progress.state();
  }

  /** What {@link Monitor#resuming} takes to go on; the tensors belong to the caller. */
  public Map<String, Tensor> state() {
    return state;
  }
}
