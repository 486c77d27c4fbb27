package io.nngeometry.engine;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Owns the native memory of everything created inside it on this thread, and frees it when closed.
 * The garbage collector does not see native memory, so every minibatch runs in a scope of its own.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   Tensor h = x.matmul(w);
 *   return scope.keep(h.relu()); // belongs to the caller; h is freed
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
  private final @Nullable PointerScope outer;
  private final PointerScope inner;

  private Scope() {
    Engine.start();
    outer = PointerScope.getInnerScope();
    inner = new PointerScope();
  }

  /** Opens a scope on the current thread. Scopes nest and must be closed in reverse order. */
  public static Scope open() {
    return new Scope();
  }

  /**
   * Lets {@code pointer} outlive this scope: it passes to the enclosing scope where there is one,
   * else to the caller, who may close it or leave it to the garbage collector.
   */
  public <P extends Pointer> P keep(P pointer) {
    if (outer == null) {
      pointer.retainReference();
    } else {
      outer.attach(pointer);
    }
    return pointer;
  }

  /** Takes over {@code pointer} from a scope inside this one: it lives until this one is closed. */
  public <P extends Pointer> P adopt(P pointer) {
    inner.attach(pointer);
    return pointer;
  }

  /** Lets {@code pointer} outlive every scope of this thread; whoever holds it must close it. */
  public static <P extends Pointer> P detach(P pointer) {
    pointer.retainReference();
    return pointer;
  }

  /** Runs {@code body} in a scope of its own and keeps its result alone. */
  public static <P extends Pointer> P keeping(Supplier<P> body) {
    try (Scope scope = open()) {
      return scope.keep(body.get());
    }
  }

  @Override
  public void close() {
    inner.close();
  }
}
