package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.MatrixLayout;
import java.util.LinkedHashMap;
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
  private final KroneckerFactor left;
  private final KroneckerFactor right;
  private final InputSide inputs;
  private final boolean symmetric;
  private @Nullable Spectrum leftSpectrum;
  private @Nullable Spectrum rightSpectrum;

  /** Takes over left (groups, rows, rows) and right (groups, width, width), both symmetric. */
  public KroneckerBlock(MatrixLayout layout, Tensor left, Tensor right) {
    this(layout, left, right, InputSide.COLUMNS);
  }

  /**
   * As the other; a factor of shape (groups, rows) is diagonal, and one of shape (groups, rows, m)
   * with m < rows a root R of R R^T.
   *
   * @param inputs which factor is the moment of inputs; with {@link InputSide#BOTH} the factors are
   *     the two {@linkplain #ofPartialTraces partial traces} of one matrix
   */
  public KroneckerBlock(MatrixLayout layout, Tensor left, Tensor right, InputSide inputs) {
    this(layout, left, right, inputs, true);
  }

  /**
   * As the others, or a matrix product.
   *
   * @param symmetric whether the factors are known to be
   */
  public KroneckerBlock(
      MatrixLayout layout, Tensor left, Tensor right, InputSide inputs, boolean symmetric) {
    this(layout, KroneckerFactor.of(left), KroneckerFactor.of(right), inputs, symmetric);
  }

  private KroneckerBlock(
      MatrixLayout layout,
      KroneckerFactor left,
      KroneckerFactor right,
      InputSide inputs,
      boolean symmetric) {
    this.layout = layout;
    this.left = left;
    this.right = right;
    this.inputs = inputs;
    this.symmetric = symmetric;
  }

  private KroneckerBlock with(KroneckerFactor newLeft, KroneckerFactor newRight) {
    return new KroneckerBlock(layout, newLeft, newRight, inputs, symmetric);
  }

  /**
   * The product with the same partial traces as a matrix M: the mean of G G^T over rows and of G^T
   * G over columns where M is the mean of vec(G) vec(G)^T, hence with its trace. It is M where M is
   * a product, and else the first step from the identity of the power iteration towards the nearest
   * one (Van Loan and Pitsianis 1993; Morwani et al. 2025).
   *
   * @param overRows (groups, rows, rows)
   * @param overColumns (groups, width, width), of the same traces
   */
  public static KroneckerBlock ofPartialTraces(
      MatrixLayout layout, Tensor overRows, Tensor overColumns) {
    return ofPartialTraces(layout, KroneckerFactor.of(overRows), KroneckerFactor.of(overColumns));
  }

  private static KroneckerBlock ofPartialTraces(
      MatrixLayout layout, KroneckerFactor overRows, KroneckerFactor overColumns) {
    Tensor traces = overRows.traces();
    // a zero matrix is a product of zeros
    Tensor root = traces.abs().sqrt();
    Tensor share = torch.where(root.eq(new Scalar(0)), root, root.reciprocal());
    return new KroneckerBlock(
        layout,
        overRows.scaled(share),
        overColumns.scaled(share.mul(traces.sign())),
        InputSide.BOTH,
        true);
  }

  /** The factor over rows, (groups, rows, rows), or (groups, rows) where it is diagonal. */
  public Tensor left() {
    return elements(left);
  }

  /** The factor over columns, (groups, width, width). */
  public Tensor right() {
    return elements(right);
  }

  /** What is stored, or is made where that is a root. */
  private static Tensor elements(KroneckerFactor factor) {
    return factor instanceof KroneckerFactor.Root ? factor.whole() : factor.stored();
  }

  @Override
  public boolean symmetric() {
    return symmetric;
  }

  /** Which factor is the moment of inputs. */
  public InputSide inputs() {
    return inputs;
  }

  @Override
  public Optional<MatrixLayout> layout() {
    return Optional.of(layout);
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
        () -> layout.toFlat(right.applyRightTransposed(left.applyLeft(layout.toMatrix(rows)))));
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(
        () -> layout.toFlat(KroneckerBasis.outer(left.diagonal(), right.diagonal())));
  }

  @Override
  public double trace() {
    return Spectrum.number(() -> left.traces().mul(right.traces()).sum());
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(() -> left.squaredNorms().mul(right.squaredNorms()).sum().sqrt());
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
          FactorFunction l = damped(true, lambda, pi);
          FactorFunction r = damped(false, lambda, pi);
          checkPositive(l, r, lambda);
          return layout.toFlat(
              r.reciprocal().applyRight(l.reciprocal().applyLeft(layout.toMatrix(rows))));
        });
  }

  @Override
  public Block inverseFactored(double lambda, OptionalDouble pi) {
    if (!symmetric) {
      return inverse(lambda); // refuses
    }
    return Block.keeping(
        () -> {
          FactorFunction l = damped(true, lambda, pi);
          FactorFunction r = damped(false, lambda, pi);
          checkPositive(l, r, lambda);
          return with(l.reciprocal().factor(), r.reciprocal().factor());
        });
  }

  private static void checkPositive(FactorFunction l, FactorFunction r, double lambda) {
    Tensor products = KroneckerBasis.outer(l.distinct(), r.distinct());
    Spectrum.checkPositive("a factor", products, lambda);
  }

  /**
   * A factor's eigenvalues plus sqrt(lambda) times pi for the inputs' factor, sqrt(lambda) / pi for
   * the signals' (the rows', where either holds both). By default pi^2 is the ratio of their mean
   * eigenvalues; where one of them is all zero, so is the matrix, and both are damped as zero
   * matrices, which makes lambda I of it.
   */
  private FactorFunction damped(boolean ofLeft, double lambda, OptionalDouble pi) {
    Spectrum mine = ofLeft ? leftSpectrum() : rightSpectrum();
    Spectrum other = ofLeft ? rightSpectrum() : leftSpectrum();
    OrthonormalVectors vectors = OrthonormalVectors.of(mine.vectors());
    double root = Math.sqrt(lambda);
    Tensor means = mine.mean();
    if (pi.isPresent()) {
      double given = ofLeft == (inputs == InputSide.ROWS) ? pi.getAsDouble() : 1 / pi.getAsDouble();
      Tensor shift = torch.full_like(means, new Scalar(given * root));
      return new FactorFunction(vectors, mine.values().add(shift), shift);
    }
    Tensor others = other.mean();
    Tensor zero = means.mul(others).eq(new Scalar(0));
    Tensor alone = torch.full_like(means, new Scalar(root));
    Tensor shift = torch.where(zero, alone, means.div(others).sqrt().mul(new Scalar(root)));
    Tensor values = torch.where(zero, alone, mine.values().add(shift));
    return new FactorFunction(vectors, values, shift);
  }

  @Override
  public Block power(double exponent) {
    if (!symmetric) {
      return Block.super.power(exponent); // refuses
    }
    if (exponent < 0) {
      Spectrum.checkPositive("the matrix", eigenform().orElseThrow().distinct(), 0);
    }
    if (exponent != Math.rint(exponent) && !(left.isPositive() && right.isPositive())) {
      throw RefusedOperationException.powerOfNegative(exponent, kind());
    }
    return Block.keeping(
        () -> with(power(leftSpectrum(), exponent), power(rightSpectrum(), exponent)));
  }

  private static KroneckerFactor power(Spectrum spectrum, double exponent) {
    Tensor values = spectrum.values().pow(new Scalar(exponent));
    Tensor rest = torch.full_like(spectrum.mean(), new Scalar(Math.pow(0, exponent)));
    OrthonormalVectors vectors = OrthonormalVectors.of(spectrum.vectors());
    return new FactorFunction(vectors, values, rest).factor();
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
    boolean partialTraces = inputs == InputSide.BOTH;
    return Block.keepingIf(
        layout.equals(that.layout) && inputs == that.inputs,
        () ->
            partialTraces
                ? ofPartialTraces(
                    layout,
                    partialTrace(true).combined(1 - weight, that.partialTrace(true), weight),
                    partialTrace(false).combined(1 - weight, that.partialTrace(false), weight))
                : with(
                    left.combined(1 - weight, that.left, weight),
                    right.combined(1 - weight, that.right, weight)));
  }

  private KroneckerFactor partialTrace(boolean overRows) {
    return overRows ? left.scaled(right.traces()) : right.scaled(left.traces());
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
                    layout, left.times(that.left), right.times(that.right), inputs, false))
        : Optional.empty();
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(() -> with(left.scaled(factor), right.copy()));
  }

  /** The same matrix in its eigenvectors' basis, as tensors of its own: where EKFAC starts. */
  public EigenKroneckerBlock toEigenbasis() {
    try (Scope scope = Scope.open()) {
      Eigenform form = eigenform().orElseThrow();
      return new EigenKroneckerBlock(
          layout,
          scope.keep(leftSpectrum().vectors().clone()),
          scope.keep(rightSpectrum().vectors().clone()),
          scope.keep(form.values()),
          form.rest());
    }
  }

  private KroneckerBasis basis() {
    return new KroneckerBasis(
        layout,
        OrthonormalVectors.of(leftSpectrum().vectors()),
        OrthonormalVectors.of(rightSpectrum().vectors()));
  }

  private synchronized Spectrum leftSpectrum() {
    if (leftSpectrum == null) {
      leftSpectrum = left.spectrum(left.isPositive());
    }
    return leftSpectrum;
  }

  private synchronized Spectrum rightSpectrum() {
    if (rightSpectrum == null) {
      rightSpectrum = right.spectrum(right.isPositive());
    }
    return rightSpectrum;
  }

  @Override
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>(left.tensors("left"));
    all.putAll(right.tensors("right"));
    return all;
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
