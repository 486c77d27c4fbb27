package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.MatrixLayout;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
  private final boolean inputIsLeft;
  private final boolean symmetric;
  private @Nullable Spectrum leftSpectrum;
  private @Nullable Spectrum rightSpectrum;

  /** Takes over left (groups, rows, rows) and right (groups, width, width), both symmetric. */
  public KroneckerBlock(MatrixLayout layout, Tensor left, Tensor right) {
    this(layout, left, right, false);
  }

  /**
   * As the other.
   *
   * @param inputIsLeft whether left is the moment of inputs, as in an embedding, in place of right
   */
  public KroneckerBlock(MatrixLayout layout, Tensor left, Tensor right, boolean inputIsLeft) {
    this(layout, left, right, inputIsLeft, true);
  }

  /**
   * As the others, or a matrix product.
   *
   * @param symmetric whether the factors are known to be
   */
  public KroneckerBlock(
      MatrixLayout layout, Tensor left, Tensor right, boolean inputIsLeft, boolean symmetric) {
    this.layout = layout;
    this.left = left;
    this.right = right;
    this.inputIsLeft = inputIsLeft;
    this.symmetric = symmetric;
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
  public boolean symmetric() {
    return symmetric;
  }

  @Override
  public String kind() {
    return symmetric ? "kronecker" : "kronecker product";
  }

  @Override
  public long size() {
    return layout.size();
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(
        () -> layout.toFlat(left.matmul(layout.toMatrix(rows)).matmul(right.transpose(1, 2))));
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
  public Optional<Eigenform> eigenform() {
    return symmetric
        ? Optional.of(
            new Eigenform(
                basis(), KroneckerBasis.outer(leftSpectrum().values(), rightSpectrum().values())))
        : Optional.empty();
  }

  @Override
  public Tensor solveFactored(Tensor rows, double lambda, OptionalDouble pi) {
    if (!symmetric) {
      return solve(rows, lambda); // refuses
    }
    return Scope.keeping(
        () -> {
          Tensor damped = KroneckerBasis.outer(damped(true, lambda, pi), damped(false, lambda, pi));
          Spectrum.checkPositive("a factor", damped, lambda);
          return new Eigenform(basis(), damped).apply(rows, damped.reciprocal());
        });
  }

  @Override
  public Block inverseFactored(double lambda, OptionalDouble pi) {
    if (!symmetric) {
      return inverse(lambda); // refuses
    }
    return Block.keeping(
        () -> {
          Tensor l = damped(true, lambda, pi);
          Tensor r = damped(false, lambda, pi);
          Spectrum.checkPositive("a factor", KroneckerBasis.outer(l, r), lambda);
          return new KroneckerBlock(
              layout,
              composed(leftSpectrum(), l.reciprocal()),
              composed(rightSpectrum(), r.reciprocal()),
              inputIsLeft);
        });
  }

  /**
   * A factor's eigenvalues plus sqrt(lambda) times pi for the inputs' factor, sqrt(lambda) / pi for
   * the signals'. By default pi^2 is the ratio of their mean eigenvalues; where one of them is all
   * zero, so is the matrix, and both are damped as zero matrices, which makes lambda I of it.
   */
  private Tensor damped(boolean ofLeft, double lambda, OptionalDouble pi) {
    Tensor mine = (ofLeft ? leftSpectrum() : rightSpectrum()).values();
    Tensor other = (ofLeft ? rightSpectrum() : leftSpectrum()).values();
    double root = Math.sqrt(lambda);
    if (pi.isPresent()) {
      double given = ofLeft == inputIsLeft ? pi.getAsDouble() : 1 / pi.getAsDouble();
      return mine.add(new Scalar(given * root));
    }
    Tensor means = mine.mean(-1).unsqueeze(1);
    Tensor others = other.mean(-1).unsqueeze(1);
    Tensor balanced = mine.add(means.div(others).sqrt().mul(new Scalar(root)));
    Tensor zero = means.mul(others).eq(new Scalar(0));
    return torch.where(zero, torch.full_like(balanced, new Scalar(root)), balanced);
  }

  @Override
  public Block power(double exponent) {
    if (!symmetric) {
      return Block.super.power(exponent); // refuses
    }
    if (exponent < 0) {
      Spectrum.checkPositive("the matrix", eigenform().orElseThrow().values(), 0);
    }
    if (exponent != Math.rint(exponent) && !(isPositive(left) && isPositive(right))) {
      throw RefusedOperationException.powerOfNegative(exponent, kind());
    }
    Scalar e = new Scalar(exponent);
    return Block.keeping(
        () ->
            new KroneckerBlock(
                layout,
                composed(leftSpectrum(), leftSpectrum().values().pow(e)),
                composed(rightSpectrum(), rightSpectrum().values().pow(e)),
                inputIsLeft));
  }

  /** U diag(values) U^T. */
  private static Tensor composed(Spectrum spectrum, Tensor values) {
    Tensor u = spectrum.vectors();
    return u.mul(values.unsqueeze(1)).matmul(u.transpose(1, 2));
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    // a sum of Kronecker products is none, unless one is a multiple of the identity
    return symmetric && other instanceof IdentityBlock
        ? toEigenbasis().combineAndClose(a, other, b)
        : Optional.empty();
  }

  @Override
  public Optional<Block> merge(Block other, double weight) {
    if (!(other instanceof KroneckerBlock that) || !symmetric || !that.symmetric) {
      return Optional.empty();
    }
    Scalar mine = new Scalar(1 - weight);
    Scalar theirs = new Scalar(weight);
    return Block.keepingIf(
        layout.equals(that.layout),
        () ->
            new KroneckerBlock(
                layout,
                left.mul(mine).add(that.left, theirs),
                right.mul(mine).add(that.right, theirs),
                inputIsLeft));
  }

  @Override
  public Optional<Block> multiply(Block other) {
    if (other instanceof IdentityBlock identity) {
      return identity.multiply(this);
    }
    return other instanceof KroneckerBlock that
        ? Block.keepingIf(
            layout.equals(that.layout),
            () ->
                new KroneckerBlock(
                    layout, left.matmul(that.left), right.matmul(that.right), inputIsLeft, false))
        : Optional.empty();
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(
        () ->
            new KroneckerBlock(
                layout, left.mul(new Scalar(factor)), right.clone(), inputIsLeft, symmetric));
  }

  /** The same matrix in its eigenvectors' basis, as tensors of its own: where EKFAC starts. */
  public EigenKroneckerBlock toEigenbasis() {
    try (Scope scope = Scope.open()) {
      Eigenform form = eigenform().orElseThrow();
      return new EigenKroneckerBlock(
          layout,
          scope.keep(leftSpectrum().vectors().clone()),
          scope.keep(rightSpectrum().vectors().clone()),
          scope.keep(form.values()));
    }
  }

  private KroneckerBasis basis() {
    return new KroneckerBasis(layout, leftSpectrum().vectors(), rightSpectrum().vectors());
  }

  private synchronized Spectrum leftSpectrum() {
    if (leftSpectrum == null) {
      leftSpectrum = Spectrum.kept(left, isPositive(left));
    }
    return leftSpectrum;
  }

  private synchronized Spectrum rightSpectrum() {
    if (rightSpectrum == null) {
      rightSpectrum = Spectrum.kept(right, isPositive(right));
    }
    return rightSpectrum;
  }

  /** A factor is semi-definite; a negative multiple of the matrix has a negative one. */
  private static boolean isPositive(Tensor factor) {
    return Spectrum.number(() -> diagonals(factor).sum()) >= 0;
  }

  private static Tensor diagonals(Tensor matrices) {
    return matrices.diagonal(0, -2, -1);
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("left", left, "right", right);
  }

  @Override
  public synchronized void dropDecompositions() {
    if (leftSpectrum != null) {
      leftSpectrum.close();
      leftSpectrum = null;
    }
    if (rightSpectrum != null) {
      rightSpectrum.close();
      rightSpectrum = null;
    }
  }

  @Override
  public void close() {
    Block.super.close();
    dropDecompositions();
  }
}
