package io.nngeometry.engine;

import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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

  private final long level;

  private ForwardMode(long level) {
    this.level = level;
  }

  /** Enters the level, waiting for other threads to leave it. */
  public static ForwardMode enter() {
    TURN.lock();
    if (TURN.getHoldCount() > 1) {
      TURN.unlock();
      throw new IllegalStateException("forward mode does not nest: close the running pass first");
    }
    try {
      return new ForwardMode(torch.enter_dual_level());
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
    return stack.get(0).toTensor();
  }

  /** The tangent that {@code dual} carries; zeros where it does not depend on any dual input. */
  public Tensor tangent(Tensor dual) {
    IValueVector stack = new IValueVector(new IValue(dual), new IValue(level));
    Dispatcher.singleton().callBoxed(UNPACK_DUAL, stack);
    Tensor tangent = stack.get(1).toTensor();
    return tangent.defined() ? tangent : torch.zeros_like(dual);
  }

  @Override
  public void close() {
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
