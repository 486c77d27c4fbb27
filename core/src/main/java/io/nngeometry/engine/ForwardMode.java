package io.nngeometry.engine;

import static java.util.Objects.requireNonNull;

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
      ForwardMode mode = new ForwardMode(torch.enter_dual_level());
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
    return stack.get(0).toTensor();
  }

  /** The tangent that {@code dual} carries; zeros where it does not depend on any dual input. */
  public Tensor tangent(Tensor dual) {
    Tensor tangent = unpack(dual, 1);
    return tangent.defined() ? tangent : torch.zeros_like(dual);
  }

  /**
   * {@code map(weight, bias)}, which is linear in the two for a given x. Where their tangents are
   * the only ones the engine would also apply the map to a tangent of x made of zeros: half the
   * work of a first layer, which this leaves out.
   */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias, WeightsToOutput map) {
    ForwardMode mode = TURN.isHeldByCurrentThread() ? entered : null;
    if (mode == null) {
      return map.apply(weight, bias);
    }
    Tensor change = mode.unpack(weight, 1);
    Tensor biasChange = bias == null ? null : mode.unpack(bias, 1);
    boolean together = bias == null || change.defined() == requireNonNull(biasChange).defined();
    if (!together || !change.defined() || mode.unpack(x, 1).defined()) {
      return map.apply(weight, bias);
    }
    Tensor output = map.apply(mode.unpack(weight, 0), bias == null ? null : mode.unpack(bias, 0));
    return mode.dual(output, map.apply(change, biasChange));
  }

  /** What a linear map of weights gives. */
  interface WeightsToOutput {
    Tensor apply(Tensor weight, @Nullable Tensor bias);
  }

  private Tensor unpack(Tensor dual, int half) {
    IValueVector stack = new IValueVector(new IValue(dual), new IValue(level));
    Dispatcher.singleton().callBoxed(UNPACK_DUAL, stack);
    return stack.get(half).toTensor();
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
