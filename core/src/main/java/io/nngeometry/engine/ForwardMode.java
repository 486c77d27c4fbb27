package io.nngeometry.engine;

import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Forward-mode automatic differentiation: inside the level a tensor may carry a tangent, which
 * every operation propagates. One forward pass then gives a Jacobian-vector product.
 *
 * <p>libtorch has a single level per process, so passes of several threads take turns.
 */
public final class ForwardMode implements AutoCloseable {
  private static final ReentrantLock TURN = new ReentrantLock();
  private static final OperatorHandle MAKE_DUAL = operator("aten::_make_dual");
  private static final OperatorHandle UNPACK_DUAL = operator("aten::_unpack_dual");

  /** The level that this process is in; only the thread whose turn it is may use it. */
  private static volatile @Nullable ForwardMode entered;

  private final long level;
  private final @Nullable Tape tape;
  private final boolean differentiable;

  private ForwardMode(long level, @Nullable Tape tape, boolean differentiable) {
    this.level = level;
    this.tape = tape;
    this.differentiable = differentiable;
  }

  /** Enters the level, waiting for other threads to leave it. */
  public static ForwardMode enter() {
    return enter(null, false);
  }

  /**
   * Enters the level, waiting for other threads to leave it.
   *
   * @param tape of the same pass with other tangents, or null
   * @param differentiable whether tangents will be differentiated in turn, for second derivatives
   */
  public static ForwardMode enter(@Nullable Tape tape, boolean differentiable) {
    TURN.lock();
    if (TURN.getHoldCount() > 1) {
      TURN.unlock();
      throw new IllegalStateException("forward mode does not nest: close the running pass first");
    }
    try {
      ForwardMode mode = new ForwardMode(torch.enter_dual_level(), tape, differentiable);
      if (tape != null) {
        tape.rewind();
      }
      entered = mode;
      return mode;
    } catch (RuntimeException e) {
      TURN.unlock();
      throw e;
    }
  }

  /** A tensor equal to {@code primal} that carries {@code tangent}, of the same shape and dtype. */
  public Tensor dual(Tensor primal, Tensor tangent) {
    IValueVector stack =
        new IValueVector(new IValue(primal), new IValue(tangent), new IValue(level));
    Dispatcher.singleton().callBoxed(MAKE_DUAL, stack);
    return new Tensor(stack.get(0).toTensor());
  }

  /** What {@code dual} is without its tangent. */
  public Tensor value(Tensor dual) {
    return unpack(dual, 0);
  }

  /** The tangent that {@code dual} carries; zeros where it does not depend on any dual input. */
  public Tensor tangent(Tensor dual) {
    Tensor tangent = unpack(dual, 1);
    return tangent.defined() ? tangent : torch.zeros_like(dual);
  }

  /**
   * {@code map(x, weight, bias)}, which is linear in x and, for a given x, in the two others. Where
   * their tangents are the only ones the engine would also apply the map to a tangent of x made of
   * zeros: half the work of a first layer, which this leaves out. With a {@link Tape} the value
   * itself is computed once for many tangents.
   */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias, LinearMap map) {
    ForwardMode mode = TURN.isHeldByCurrentThread() ? entered : null;
    return mode == null ? map.apply(x, weight, bias) : mode.linearHere(x, weight, bias, map);
  }

  private Tensor linearHere(Tensor x, Tensor weight, @Nullable Tensor bias, LinearMap map) {
    Tensor dx = unpack(x, 1);
    Tensor dw = unpack(weight, 1);
    Tensor db = bias == null ? null : unpack(bias, 1);
    boolean shifted = db != null && db.defined();
    boolean first = dw.defined() && (bias == null || shifted) && !dx.defined();
    if (tape == null && !first) {
      return map.apply(x, weight, bias);
    }
    Tensor xs = unpack(x, 0);
    Tensor w = unpack(weight, 0);
    Tensor b = bias == null ? null : unpack(bias, 0);
    Tensor value = tape == null ? map.apply(xs, w, b) : tape.next(() -> map.apply(xs, w, b));
    Tensor change = null;
    if (dw.defined() || shifted) {
      change = map.apply(xs, dw.defined() ? dw : torch.zeros_like(w), shifted ? db : null);
    }
    if (dx.defined()) {
      Tensor through = map.apply(dx, w, null);
      change = change == null ? through : change.add(through);
    }
    return change == null ? value : dual(value, change);
  }

  /** A map that is linear in x, and in weight and bias together. */
  interface LinearMap {
    Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias);
  }

  /** Whether this thread's tangents will be differentiated: some operations must then be others. */
  public static boolean isDifferentiable() {
    ForwardMode mode = TURN.isHeldByCurrentThread() ? entered : null;
    return mode != null && mode.differentiable;
  }

  private Tensor unpack(Tensor dual, int half) {
    IValueVector stack = new IValueVector(new IValue(dual), new IValue(level));
    Dispatcher.singleton().callBoxed(UNPACK_DUAL, stack);
    // what the stack holds is a reference into it and dies with it
    return new Tensor(stack.get(half).toTensor());
  }

  @Override
  public void close() {
    entered = null;
    try {
      torch.exit_dual_level(level);
    } finally {
      TURN.unlock();
    }
  }

  private static OperatorHandle operator(String name) {
    Engine.start();
    return Scope.keeping(() -> Scope.detach(Dispatcher.singleton().findSchemaOrThrow(name, "")));
  }
}
