package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** x times the normal distribution function at x (Hendrycks &amp; Gimpel 2016). */
public final class GELU extends Module {
  private final boolean approximate;

  /** The exact form. */
  public GELU() {
    this(false);
  }

  /** The exact form, or the approximation by tanh. */
  public GELU(boolean approximate) {
    this.approximate = approximate;
  }

  @Override
  public Tensor forward(Tensor x) {
    return torch.gelu(x, approximate ? "tanh" : "none");
  }
}
