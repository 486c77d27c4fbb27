package io.nngeometry.operators;

import org.bytedeco.pytorch.Tensor;

/** The coordinate axes. */
enum StandardBasis implements Basis {
  INSTANCE;

  @Override
  public Tensor to(Tensor rows) {
    return rows;
  }

  @Override
  public Tensor from(Tensor coordinates) {
    return coordinates;
  }

  @Override
  public Block block(Tensor coefficients, double rest) {
    return new DiagonalBlock(coefficients);
  }
}
