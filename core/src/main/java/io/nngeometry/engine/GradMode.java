package io.nngeometry.engine;

import java.util.function.Supplier;
import org.bytedeco.pytorch.AutoGradMode;

/** Whether operations of this thread are recorded for differentiation, until closed. */
public final class GradMode implements AutoCloseable {
  private final AutoGradMode guard;

  private GradMode(boolean enabled) {
    Engine.start();
    // the guard restores the former mode when freed: it must not die with an inner scope
    guard = Scope.detach(new AutoGradMode(enabled));
  }

  /** Records operations. */
  public static GradMode enabled() {
    return new GradMode(true);
  }

  /** Records nothing. */
  public static GradMode disabled() {
    return new GradMode(false);
  }

  /** The mode that this thread has now, for another one. */
  static Supplier<GradMode> current() {
    boolean enabled = org.bytedeco.pytorch.GradMode.is_enabled();
    return () -> new GradMode(enabled);
  }

  @Override
  public void close() {
    guard.deallocate();
  }
}
