package io.nngeometry.linalg;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.bytedeco.pytorch.Tensor;

/** Stops a method in the middle. */
final class Cancelling {
  private Cancelling() {}

  /** The state of a method that is cancelled once it has done {@code products}. */
  static Map<String, Tensor> state(Consumer<Monitor> method, long products) {
    AtomicReference<Map<String, Tensor>> state = new AtomicReference<>();
    Assertions.assertThatThrownBy(
            () ->
                method.accept(
                    progress -> {
                      if (progress.done() >= products) {
                        progress.cancel();
                      }
                    }))
        .isInstanceOfSatisfying(CancelledException.class, e -> state.set(e.state()))
        .hasMessageContaining("cancelled after");
    return state.get();
  }
}
