package io.nngeometry.engine;

import org.bytedeco.pytorch.AutoDispatchBelowADInplaceOrView;

/**
 * Operations of this thread go straight to their kernels until this is closed: nothing is recorded
 * for differentiation, and views do not remember what they are views of. Many small operations are
 * cheaper so, and above all make fewer of the small blocks for which threads wait for each other in
 * malloc.
 */
public final class Unrecorded implements AutoCloseable {
  private final AutoDispatchBelowADInplaceOrView guard;

  private Unrecorded() {
    Engine.start();
    // it restores what was before when freed: it must not die with an inner scope
    guard = Scope.detach(new AutoDispatchBelowADInplaceOrView());
  }

  /** Begins. */
  public static Unrecorded begin() {
    return new Unrecorded();
  }

  @Override
  public void close() {
    guard.deallocate();
  }
}
