package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A diagonal and, for each bias element, its covariance with its own row of weights (Ollivier 2015,
 * section 2.3): per row an arrow matrix whose last element is the bias. It is solved exactly by the
 * Schur complement of the weights, and need not be positive.
 */
public final class QuasiDiagonalBlock implements Block {
  private final MatrixLayout layout;
  private final Tensor diagonal; // (groups, rows, columns + 1)
  private final Tensor cross; // (groups, rows, columns)

  /**
   * Takes over the diagonal (groups, rows, columns + 1), the bias last, and the covariances with
   * the bias (groups, rows, columns).
   */
  public QuasiDiagonalBlock(MatrixLayout layout, Tensor diagonal, Tensor cross) {
    if (!layout.bias() || layout.columns() == 0) {
      throw new IllegalArgumentException("a quasi-diagonal block needs a weight and a bias");
    }
    this.layout = layout;
    this.diagonal = diagonal;
    this.cross = cross;
  }

  /** Covariances of weights with the bias of their row, (groups, rows, columns). */
  public Tensor cross() {
    return cross;
  }

  @Override
  public Optional<MatrixLayout> layout() {
    return Optional.of(layout);
  }

  @Override
  public String kind() {
    return "quasi-diagonal";
  }

  @Override
  public long size() {
    return layout.size();
  }

  private Tensor weights(Tensor matrices) {
    return matrices.narrow(-1, 0, layout.columns());
  }

  private Tensor bias(Tensor matrices) {
    return matrices.narrow(-1, layout.columns(), 1);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(
        () -> {
          Tensor v = layout.toMatrix(rows);
          Tensor image = v.mul(diagonal);
          Tensor toWeights = cross.mul(bias(v));
          Tensor toBias = Tensors.sum(cross.mul(weights(v)), true, -1);
          return layout.toFlat(image.add(Tensors.cat(List.of(toWeights, toBias), -1)));
        });
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(() -> layout.toFlat(diagonal));
  }

  @Override
  public double trace() {
    return Spectrum.number(diagonal::sum);
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(
        () -> diagonal.square().sum().add(cross.square().sum(), new Scalar(2)).sqrt());
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return Optional.empty();
  }

  /** Roots of the secular equation of each arrow, by a batched decomposition of the arrows. */
  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(
        () -> {
          Tensor arrows = torch.diag_embed(diagonal);
          arrows.narrow(-1, 0, layout.columns()).select(-2, layout.columns()).copy_(cross);
          arrows.narrow(-2, 0, layout.columns()).select(-1, layout.columns()).copy_(cross);
          return Tensors.ascending(Spectrum.of(arrows).values().reshape(-1));
        });
  }

  /** What is left of the damped bias once the weights are eliminated, (groups, rows, 1). */
  private Tensor schur(double lambda) {
    Tensor damped = diagonal.add(new Scalar(lambda));
    Spectrum.checkPositive("the diagonal", damped, lambda);
    Tensor left = bias(damped).sub(Tensors.sum(cross.mul(cross).div(weights(damped)), true, -1));
    Spectrum.checkPositive("the Schur complement of a bias", left, lambda);
    return left;
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(
        () -> {
          Tensor v = layout.toMatrix(rows);
          Tensor d = weights(diagonal).add(new Scalar(lambda));
          Tensor complement = schur(lambda);
          Tensor scaled = cross.div(d);
          Tensor b = bias(v).sub(Tensors.sum(scaled.mul(weights(v)), true, -1)).div(complement);
          Tensor w = weights(v).div(d).sub(scaled.mul(b));
          return layout.toFlat(Tensors.cat(List.of(w, b), -1));
        });
  }

  @Override
  public double logDeterminant(double lambda) {
    return Spectrum.number(
        () -> schur(lambda).log().sum().add(weights(diagonal).add(new Scalar(lambda)).log().sum()));
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    Scalar mine = new Scalar(a);
    Scalar theirs = new Scalar(b);
    if (other instanceof QuasiDiagonalBlock that) {
      return Block.keepingIf(
          layout.equals(that.layout),
          () ->
              new QuasiDiagonalBlock(
                  layout,
                  diagonal.mul(mine).add(that.diagonal, theirs),
                  cross.mul(mine).add(that.cross, theirs)));
    }
    return Block.keepingIf(
        other instanceof DiagonalBlock || other instanceof IdentityBlock,
        () ->
            new QuasiDiagonalBlock(
                layout,
                diagonal.mul(mine).add(layout.toMatrix(other.diagonal()), theirs),
                cross.mul(mine)));
  }

  @Override
  public Optional<Block> multiply(Block other) {
    return other instanceof IdentityBlock identity ? identity.multiply(this) : Optional.empty();
  }

  @Override
  public Block times(double factor) {
    Scalar f = new Scalar(factor);
    return Block.keeping(() -> new QuasiDiagonalBlock(layout, diagonal.mul(f), cross.mul(f)));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("diagonal", diagonal, "cross", cross);
  }
}
