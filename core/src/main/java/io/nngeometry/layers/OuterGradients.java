package io.nngeometry.layers;

import io.nngeometry.engine.Products;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a linear map with shared weights: for example i, the sum over positions t of
 * left[i,t] right[i,t]^T, per group. Neither the matrix (n, p) nor, where avoidable, one example's
 * gradient is formed.
 *
 * <p>Factors have shape (n, groups, S, features).
 */
public sealed class OuterGradients extends LayerGradients permits LookupGradients {
  /** With fewer an example's product is too little: a copy with all examples' pays. */
  private static final long MANY_POSITIONS = 32;

  private final MatrixLayout layout;
  private final Supplier<Tensor> left;
  private final Supplier<Tensor> right;
  private final boolean inputIsLeft;
  private final Shared shared;

  /** What depends on the input alone, for all cotangents of a minibatch. */
  interface Shared {
    /** The input's factor times a basis (groups, f, r). */
    Tensor rotatedInput(Tensor basis);

    /** Inner products between the input's positions, (n, groups, S, S). */
    Tensor inputGramian();

    /** How many cotangents share it. */
    int cotangents();
  }

  OuterGradients(
      MatrixLayout layout,
      Supplier<Tensor> left,
      Supplier<Tensor> right,
      boolean inputIsLeft,
      Shared shared) {
    this.layout = layout;
    this.left = left;
    this.right = right;
    this.inputIsLeft = inputIsLeft;
    this.shared = shared;
  }

  /** Gradients of which cotangents share nothing: inputs and signals are mixed, or looked up. */
  OuterGradients(
      MatrixLayout layout, Supplier<Tensor> left, Supplier<Tensor> right, boolean inputIsLeft) {
    this(
        layout,
        left,
        right,
        inputIsLeft,
        new Shared() {
          @Override
          public Tensor rotatedInput(Tensor basis) {
            return timesBasis((inputIsLeft ? left : right).get(), basis);
          }

          @Override
          public Tensor inputGramian() {
            return gramian((inputIsLeft ? left : right).get());
          }

          @Override
          public int cotangents() {
            return 1;
          }
        });
  }

  /** The factor that indexes rows, (n, groups, S, rows). */
  public final Tensor left() {
    return left.get();
  }

  /** The factor that indexes columns, (n, groups, S, width). */
  public final Tensor right() {
    return right.get();
  }

  /** The factor made of output gradients. */
  public final Tensor signal() {
    return inputIsLeft ? right() : left();
  }

  /** The layer's matrices. */
  public final MatrixLayout layout() {
    return layout;
  }

  /** Positions per example, S. */
  public final long positions() {
    return signal().size(2);
  }

  @Override
  public final OuterGradients outer() {
    return this;
  }

  @Override
  public final long examples() {
    return signal().size(0);
  }

  @Override
  protected final Tensor anyTensor() {
    return signal();
  }

  @Override
  protected Tensor computePerExample() {
    Tensor place = Tensors.empty(signal(), examples(), layout.size());
    try (Scope scope = Scope.open()) {
      new OuterStack(List.of(this)).into(place.unsqueeze(0), 1);
    }
    return place;
  }

  @Override
  public final Tensor squareSum() {
    return layout.toFlat(squareSumMatrix());
  }

  /** Sum over examples of the squared gradients as matrices, (groups, rows, width). */
  public Tensor squareSumMatrix() {
    return Total.of(new OuterStack(List.of(this))::squares);
  }

  @Override
  public Tensor squareSumMatrix(MatrixLayout matrices, Tensor rowBasis, Tensor columnBasis) {
    return Total.of(t -> new OuterStack(List.of(this)).squares(rowBasis, columnBasis, t));
  }

  /** Several cotangents together, if all have the same right factor. */
  static @Nullable OuterStack sharing(List<LayerGradients> cotangents) {
    List<OuterGradients> outer = new ArrayList<>();
    for (LayerGradients g : cotangents) {
      if (!(g instanceof OuterGradients o)
          || o.inputIsLeft
          || (!outer.isEmpty() && o.shared != outer.get(0).shared)) {
        return null;
      }
      outer.add(o);
    }
    return new OuterStack(outer);
  }

  /** The left factor in another basis of rows. */
  final Tensor leftIn(Tensor basis) {
    return inputIsLeft ? shared.rotatedInput(basis) : timesBasis(left(), basis);
  }

  /** The right factor in another basis of columns. */
  final Tensor rightIn(Tensor basis) {
    return inputIsLeft ? timesBasis(right(), basis) : shared.rotatedInput(basis);
  }

  /** (n, groups, S, f) times (groups, f, r): one product for each group. */
  static Tensor timesBasis(Tensor factor, Tensor basis) {
    if (basis.size(0) == 1 && factor.is_contiguous()) {
      return torch.matmul(factor, basis.select(0, 0));
    }
    Tensor every = basis.unsqueeze(0).expand(factor.size(0), -1, -1, -1);
    // where features lie before positions, they do so again
    return factor.stride(3) == 1
        ? Products.of(factor, every)
        : Products.of(every.transpose(2, 3), factor.transpose(2, 3)).transpose(2, 3);
  }

  @Override
  public Tensor biasCovariance(MatrixLayout rows) {
    return Total.of(t -> new OuterStack(List.of(this)).biasCovariance(rows.columns(), t));
  }

  @Override
  public Tensor squaredNorms() {
    Tensor l = left();
    Tensor r = right();
    long positions = l.size(2);
    if (positions == 1) {
      return l.mul(l).sum(-1).mul(r.mul(r).sum(-1)).sum(1, 2);
    }
    if (ghostNormsAreCheaper(shared.cotangents())) {
      // |sum_t l_t r_t^T|^2 = sum_{t,t'} <l_t, l_t'> <r_t, r_t'>
      return gramian(signal()).mul(shared.inputGramian()).sum(1, 2, 3);
    }
    Tensor g = Products.of(l.transpose(2, 3), r);
    return g.mul(g).sum(1, 2, 3);
  }

  /**
   * Multiplications: S^2 for each feature of the signal and, shared by all cotangents, of the
   * input, against S rows width for the gradient itself; neither may be the greater in memory.
   *
   * @param cotangents how many share what depends on the input
   */
  final boolean ghostNormsAreCheaper(int cotangents) {
    double positions = positions();
    double elements = (double) layout.rows() * layout.width();
    double input = (double) (inputIsLeft ? layout.rows() : layout.width());
    double ghost = positions * (elements / input + input / cotangents);
    return ghost < elements && positions * positions < elements;
  }

  /** Inner products between positions, (n, groups, S, S). */
  static Tensor gramian(Tensor factor) {
    return Products.of(factor, factor.transpose(2, 3));
  }

  @Override
  public Tensor dot(Tensor v) {
    Tensor image = torch.matmul(right(), layout.toMatrix(v).transpose(-1, -2));
    return image.mul(left()).sum(1, 2, 3);
  }

  @Override
  public Tensor weightedSum(Tensor u) {
    Tensor weighted = left().mul(u.view(-1, 1, 1, 1));
    return layout.toFlat(torch.bmm(byFeature(weighted), byFeature(right()).transpose(1, 2)));
  }

  @Override
  public Tensor gram(LayerGradients other) {
    OuterGradients that = other.outer();
    if (left().size(2) != 1 || that.left().size(2) != 1) {
      return super.gram(other);
    }
    Tensor rows = pairwise(left(), that.left());
    Tensor columns = pairwise(right(), that.right());
    return rows.mul(columns).sum(0);
  }

  /**
   * Adds a multiple of the sum over examples and positions of the signal's outer product with
   * itself, (groups, f, f).
   */
  public final void signalMoment(double factor, Total total) {
    moment(signal(), factor, total);
  }

  /**
   * Adds the sum over examples of the outer product of the signal's sum over positions with itself.
   */
  public final void reducedSignalMoment(Total total) {
    moment(Tensors.sum(signal(), true, 2), 1, total);
  }

  /** Sum over examples of G G^T, with G an example's gradient as a matrix, (groups, rows, rows). */
  public final Tensor rowMoment() {
    return crossMoment(left(), right());
  }

  /** Sum over examples of G^T G, (groups, width, width). */
  public final Tensor columnMoment() {
    return crossMoment(right(), left());
  }

  /** The sum over positions t, u of f_t <o_t, o_u> f_u^T, without the gradients themselves. */
  private static Tensor crossMoment(Tensor factor, Tensor other) {
    Tensor inner = torch.matmul(other, other.transpose(-1, -2));
    return torch.bmm(byFeature(factor), byFeature(torch.matmul(inner, factor)).transpose(1, 2));
  }

  /** Adds a multiple of the sum over examples and positions of f f^T, of (n, groups, S, f). */
  static void moment(Tensor factor, double multiple, Total total) {
    boolean many = factor.size(2) >= MANY_POSITIONS;
    boolean copied = !factor.permute(1, 3, 0, 2).is_contiguous();
    total.addMoment(
        many && copied ? factor.transpose(2, 3) : byFeature(factor).unsqueeze(0), multiple);
  }

  // one position: (groups, n, n')
  private static Tensor pairwise(Tensor a, Tensor b) {
    return torch.bmm(a.squeeze(2).transpose(0, 1), b.squeeze(2).permute(1, 2, 0));
  }

  /** (n, groups, S, f) to (groups, f, n S), a view wherever memory allows. */
  static Tensor byFeature(Tensor factor) {
    return factor.permute(1, 3, 0, 2).flatten(2, 3);
  }
}
