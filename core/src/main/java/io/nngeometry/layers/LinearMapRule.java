package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Total;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Family 1: linear maps with shared weights, s[i,t] = W a[i,t] + b over positions t. The gradient
 * of example i is a sum of outer products over positions, and every quantity follows from its two
 * factors: one made of the input, one of the output gradient.
 *
 * <p>Factors have shape (n, groups, S, features) with S positions. The stored weight, as {@link
 * MatrixLayout} sees it, has the output gradient's features as rows and the input's as columns,
 * unless {@link #inputIsLeft()} (an embedding, whose rows are its one-hot inputs).
 */
public abstract class LinearMapRule implements LayerRule {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final MatrixLayout layout;

  /**
   * @param weight the shared weight
   * @param bias the bias, or null
   * @param layout shape of the weight's matrices; its bias flag is ignored
   */
  protected LinearMapRule(Parameter weight, @Nullable Parameter bias, MatrixLayout layout) {
    this.weight = Objects.requireNonNull(weight);
    this.bias = bias;
    this.layout =
        new MatrixLayout(
            layout.groups(),
            layout.rows(),
            layout.columns(),
            bias != null,
            layout.transposedKernel());
  }

  /**
   * The factor made of the layer's input: (n, groups, S, columns), or rows if it is the left one.
   *
   * @param ones whether a last feature that is always one follows, which stands for the bias
   */
  protected abstract Tensor inputFactor(Tensor input, boolean ones);

  /** The factor made of the gradient at the output: (n, groups, S, rows), or columns. */
  protected abstract Tensor signalFactor(Tensor outputGradient);

  /**
   * The layer's output with other weights.
   *
   * @param use what it saw
   * @param weights of the weight's shape
   * @param shift of the bias's shape, or null where there is none
   */
  protected abstract Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift);

  /** Whether the input's factor indexes the rows of the stored weight. */
  protected boolean inputIsLeft() {
    return false;
  }

  /**
   * The number of the hot element at every position, (n, S), negative where there is none, if the
   * inputs are one-hot and index the rows.
   */
  protected Optional<Tensor> hot(Tensor input) {
    return Optional.empty();
  }

  /**
   * How to add the sum over examples and positions of a a^T, (groups, f, f), with f = columns (one
   * more with {@code ones}), or empty where no way is known that beats multiplying the input factor
   * by itself.
   */
  protected Optional<Consumer<Total>> inputMoment(Tensor input, boolean ones) {
    return Optional.empty();
  }

  /**
   * How to compute the input's factor in other coordinates, (n, groups, S, r), or empty where no
   * way is known that beats multiplying the factor by the basis.
   *
   * @param basis (groups, f, r), its vectors as columns, with f = columns (one more with {@code
   *     ones})
   */
  protected Optional<Supplier<Tensor>> rotatedInput(Tensor input, Tensor basis, boolean ones) {
    return Optional.empty();
  }

  /** The shared weight. */
  public final Parameter weight() {
    return weight;
  }

  /** The bias, or null. */
  public final @Nullable Parameter bias() {
    return bias;
  }

  /** Shape of the matrices, with a bias column where there is a bias. */
  public final MatrixLayout layout() {
    return layout;
  }

  @Override
  public final Optional<LinearMapRule> asLinearMap() {
    return Optional.of(this);
  }

  /**
   * The output's change along a direction, in which it is differentiable.
   *
   * @param use what the layer saw
   * @param direction of the weight and the bias, each of its shape
   */
  public final Tensor change(LayerUse use, Function<Parameter, Tensor> direction) {
    return map(use, direction.apply(weight), bias == null ? null : direction.apply(bias));
  }

  @Override
  public final Optional<MatrixLayout> rows() {
    return bias == null ? Optional.empty() : Optional.of(layout);
  }

  @Override
  public final Prepared prepare(LayerUse use, Scope.Owner lifetime) {
    Optional<Tensor> hot = hot(use.input());
    if (hot.isPresent()) {
      Lookup lookup = new Lookup(hot.get(), layout.rows());
      lookup.tensors().forEach(lifetime::adopt);
      return (parameter, outputGradient) -> lookup.perExample(signalFactor(outputGradient));
    }
    Tensor input = lifetime.adopt(inputFactor(use.input(), false));
    return (parameter, outputGradient) -> {
      Tensor signal = signalFactor(outputGradient);
      if (parameter == bias) {
        return signal.sum(2).flatten(1, -1);
      }
      Tensor matrix = torch.matmul(signal.transpose(-1, -2), input);
      return layout.withoutBias().toFlat(matrix);
    };
  }
}
