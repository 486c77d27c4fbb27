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

  /**
   * The scope that is innermost on this thread now, for what is computed later, in scopes inside
   * it.
   */
  public static Owner owner() {
    return new Owner(PointerScope.getInnerScope());
  }

  /** A scope to give things to from inside other scopes. */
  public static final class Owner {
    private final @Nullable PointerScope scope;

    private Owner(@Nullable PointerScope scope) {
      this.scope = scope;
    }

    /**
     * Lets {@code pointer} live as long as the scope; without one it is the garbage collector's.
     * Several threads may give while the scope's own is at work in scopes inside it.
     */
    public <P extends Pointer> P adopt(P pointer) {
      if (scope == null) {
        pointer.retainReference();
        return pointer;
      }
      synchronized (scope) {
        scope.attach(pointer);
      }
      return pointer;
    }
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
