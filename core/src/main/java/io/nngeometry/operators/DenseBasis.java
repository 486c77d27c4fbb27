package io.nngeometry.operators;

import org.bytedeco.pytorch.Tensor;

/**
 * Any orthonormal basis.
 *
 * @param vectors as columns, (p, p)
 */
record DenseBasis(Tensor vectors) implements Basis {
  @Override
  public Tensor to(Tensor rows) {
    return rows.matmul(vectors);
  }

  @Override
  public Tensor from(Tensor coordinates) {
    return coordinates.matmul(vectors.t());
  }

  @Override
  public Block block(Tensor coefficients, double rest) {
    return new DenseBlock(vectors.mul(coefficients).matmul(vectors.t()));
  }
}
