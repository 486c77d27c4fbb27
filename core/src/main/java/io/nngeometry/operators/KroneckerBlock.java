package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Per group of a linear map, the Kronecker product of a matrix over the rows of its weight and one
 * over the columns (the bias being the last column): left (x) right for the row-major weight. In a
 * dense layer left is G and right is A of Martens and Grosse (2015); in an embedding they change
 * places.
 */
public final class KroneckerBlock implements Block {
  private final MatrixLayout layout;
  private final Tensor left;
  private final Tensor right;
  private @Nullable Spectra spectra;

  private record Spectra(Spectrum left, Spectrum right) {
    Tensor products() {
      return KroneckerBasis.outer(left.values(), right.values());
    }
  }

  /** Takes over left (groups, rows, rows) and right (groups, width, width). */
  public KroneckerBlock(MatrixLayout layout, Tensor left, Tensor right) {
    this.layout = layout;
    this.left = left;
    this.right = right;
  }

  /** The factor over rows, (groups, rows, rows). */
  public Tensor left() {
    return left;
  }

  /** The factor over columns, (groups, width, width). */
  public Tensor right() {
    return right;
  }

  @Override
  public long size() {
    return layout.size();
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> layout.toFlat(left.matmul(layout.toMatrix(rows)).matmul(right)));
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(
        () -> layout.toFlat(KroneckerBasis.outer(diagonals(left), diagonals(right))));
  }

  @Override
  public double trace() {
    return Spectrum.number(() -> diagonals(left).sum(-1).mul(diagonals(right).sum(-1)).sum());
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(
        () -> left.mul(left).sum(1, 2).mul(right.mul(right).sum(1, 2)).sum().sqrt());
  }

  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(() -> Tensors.ascending(spectra().products().flatten()));
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(
        () -> {
          Tensor damped = spectra().products().add(new Scalar(lambda));
          Spectrum.checkPositive("the matrix", damped, lambda);
          return basis().apply(rows, damped.reciprocal());
        });
  }

  @Override
  public Tensor solveFactored(Tensor rows, double lambda, boolean balanced) {
    return Scope.keeping(
        () -> {
          Tensor l = spectra().left().values();
          Tensor r = spectra().right().values();
          Tensor balance = r.mean(-1).div(l.mean(-1)).sqrt().unsqueeze(1);
          Tensor pi = balanced ? balance : torch.ones_like(balance);
          Scalar root = new Scalar(Math.sqrt(lambda));
          Tensor damped =
              KroneckerBasis.outer(l.add(pi.reciprocal().mul(root)), r.add(pi.mul(root)));
          Spectrum.checkPositive("a factor", damped, lambda);
          return basis().apply(rows, damped.reciprocal());
        });
  }

  /** The same matrix in its eigenvectors' basis, as tensors of its own: where EKFAC starts. */
  public EigenKroneckerBlock toEigenbasis() {
    try (Scope scope = Scope.open()) {
      return new EigenKroneckerBlock(
          layout,
          scope.keep(spectra().left().vectors().clone()),
          scope.keep(spectra().right().vectors().clone()),
          scope.keep(spectra().products()));
    }
  }

  private KroneckerBasis basis() {
    return new KroneckerBasis(layout, spectra().left().vectors(), spectra().right().vectors());
  }

  /** Decomposed once and kept; negative eigenvalues are rounding and become zero. */
  private synchronized Spectra spectra() {
    if (spectra == null) {
      spectra = new Spectra(kept(left), kept(right));
    }
    return spectra;
  }

  private static Spectrum kept(Tensor factor) {
    try (Scope scope = Scope.open()) {
      Spectrum s = Spectrum.of(factor);
      return new Spectrum(
          Scope.detach(s.values().clamp_min(new Scalar(0))), Scope.detach(s.vectors()));
    }
  }

  private static Tensor diagonals(Tensor matrices) {
    return matrices.diagonal(0, -2, -1);
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("left", left, "right", right);
  }

  @Override
  public void close() {
    Block.super.close();
    if (spectra != null) {
      spectra.left().close();
      spectra.right().close();
    }
  }
}
