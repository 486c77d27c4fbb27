package io.nngeometry.models.data;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Examples in memory, as compactly as their source has them: pictures a byte a channel. A minibatch
 * becomes floating point, normalised and of the right size, when it is read.
 *
 * <pre>{@code
 * try (Dataset data = DataSource.of("fashion-mnist").load(Selection.test().first(500))) {
 *   Examples examples = data.as(ScalarType.Double).examples().batches(100);
 * }
 * }</pre>
 *
 * <p>It owns its tensors. What its methods return shares memory where it can, is closed on its own,
 * and stays valid when this is closed.
 */
public final class Dataset implements AutoCloseable {
  /** The byte of white in pictures of most sources. */
  static final int WHITE = 255;

  private final Tensor inputs;
  private final @Nullable Tensor targets;
  private final List<String> classes;
  private final Encoding encoding;

  Dataset(Tensor inputs, @Nullable Tensor targets, List<String> classes, Encoding encoding) {
    this.inputs = inputs;
    this.targets = targets;
    this.classes = List.copyOf(classes);
    this.encoding = encoding;
  }

  /**
   * Examples of two tensors, which are not copied and stay the caller's too. Inputs of uint8 with
   * four axes are pictures, (n, channels, height, width), and with three axes grey ones; other
   * integers stay integers.
   *
   * @param inputs (n, ...)
   * @param targets (n, ...), integers or numbers, or null
   * @throws IllegalArgumentException if there is no example, or the tensors differ in their number
   */
  public static Dataset of(Tensor inputs, @Nullable Tensor targets) {
    return of(inputs, targets, List.of(), WHITE);
  }

  static Dataset of(Tensor inputs, @Nullable Tensor targets, List<String> classes, int white) {
    if (inputs.dim() == 0 || inputs.size(0) == 0) {
      throw new IllegalArgumentException(
          "inputs need a first axis with at least one example, not the shape "
              + Arrays.toString(Tensors.shape(inputs)));
    }
    if (targets != null && (targets.dim() == 0 || targets.size(0) != inputs.size(0))) {
      throw new IllegalArgumentException(
          "%d inputs need as many targets, not the shape %s"
              .formatted(inputs.size(0), Arrays.toString(Tensors.shape(targets))));
    }
    try (Scope scope = Scope.open()) {
      boolean grey = Tensors.type(inputs) == ScalarType.Byte && inputs.dim() == 3;
      Tensor stored = scope.keep(grey ? inputs.unsqueeze(1) : new Tensor(inputs));
      Tensor aims = targets == null ? null : scope.keep(integersAsLong(targets));
      return new Dataset(stored, aims, classes, Encoding.of(stored, white));
    }
  }

  private static Tensor integersAsLong(Tensor t) {
    return t.is_floating_point() ? new Tensor(t) : t.to(ScalarType.Long);
  }

  /** How many examples there are, at least one. */
  public int size() {
    return Math.toIntExact(inputs.size(0));
  }

  /** Shape of one input, as the model sees it. */
  public long[] shape() {
    long[] all = Tensors.shape(inputs);
    return encoding.shape(Arrays.copyOfRange(all, 1, all.length));
  }

  /** Names of the classes, by label; empty where the source has none. */
  public List<String> classes() {
    return classes;
  }

  /** The inputs as they are stored, (n, ...): uint8, integers or numbers. It stays this one's. */
  public Tensor stored() {
    return inputs;
  }

  /** All inputs as the model takes them. They belong to the caller. */
  public Tensor inputs() {
    return Scope.keeping(() -> encoding.decode(inputs).clone());
  }

  /** All targets, (n, ...): int64, or numbers. They belong to the caller. */
  public Optional<Tensor> targets() {
    return Optional.ofNullable(targets).map(t -> Scope.keeping(() -> targets(t).clone()));
  }

  private Tensor targets(Tensor t) {
    return t.is_floating_point() ? t.to(encoding.targets(Tensors.type(t))) : new Tensor(t);
  }

  /** The labels, where every target is one integer. */
  Optional<long[]> labels() {
    return targets == null || targets.dim() != 1 || targets.is_floating_point()
        ? Optional.empty()
        : Optional.of(Tensors.toLongArray(targets));
  }

  /** The examples, in minibatches of 64 until told otherwise. This must stay open. */
  public Examples examples() {
    return new DatasetExamples(this, Math.min(64, size()));
  }

  /** What the model takes of the examples from {@code start} until {@code end}. */
  Tensor inputs(long start, long end) {
    return encoding.decode(Tensors.slice(inputs, 0, start, end, 1));
  }

  /** The targets of the examples from {@code start} until {@code end}. */
  Optional<Tensor> targets(long start, long end) {
    return Optional.ofNullable(targets).map(t -> targets(Tensors.slice(t, 0, start, end, 1)));
  }

  /** The same with numbers of another floating type; integers stay what they are. */
  public Dataset as(ScalarType type) {
    return with(encoding.as(type));
  }

  /**
   * The same pictures with other numbers for their pixels.
   *
   * @throws IllegalArgumentException if they are no pictures, or have another number of channels
   */
  public Dataset normalised(Normalisation normalisation) {
    normalisation.check(shape()[0]);
    return with(encoding.pictures("a normalisation").with(normalisation));
  }

  /**
   * The same pictures in another size or colour.
   *
   * @throws IllegalArgumentException if they are no pictures
   */
  public Dataset framed(Framing framing) {
    return framing.equals(Framing.AS_IS)
        ? with(encoding)
        : with(encoding.pictures("a size or colour").with(framing));
  }

  private Dataset with(Encoding other) {
    try (Scope scope = Scope.open()) {
      return new Dataset(
          scope.keep(new Tensor(inputs)),
          targets == null ? null : scope.keep(new Tensor(targets)),
          classes,
          other);
    }
  }

  /**
   * The examples from {@code start} until {@code end}, without copying them.
   *
   * @throws IndexOutOfBoundsException unless {@code 0 <= start < end <= size()}
   */
  public Dataset slice(int start, int end) {
    Objects.checkFromToIndex(start, end, size());
    Objects.checkIndex(start, end);
    return map(t -> Tensors.slice(t, 0, start, end, 1));
  }

  /**
   * The first {@code n} examples, without copying them.
   *
   * @throws IndexOutOfBoundsException unless {@code 0 < n <= size()}
   */
  public Dataset take(int n) {
    return slice(0, n);
  }

  /** A copy in a random order that depends on {@code seed} and the number of examples alone. */
  public Dataset shuffled(long seed) {
    return select(Permutation.of(size(), seed));
  }

  /**
   * A copy of the examples with these indices, in this order; an index may come twice.
   *
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalArgumentException if there is no index
   */
  public Dataset select(int... indices) {
    if (indices.length == 0) {
      throw new IllegalArgumentException("a data set needs at least one example");
    }
    for (int i : indices) {
      Objects.checkIndex(i, size());
    }
    try (Scope scope = Scope.open()) {
      Tensor index =
          Tensors.of(Arrays.stream(indices).asLongStream().toArray(), indices.length)
              .to(inputs.device(), ScalarType.Long);
      Dataset selected = map(t -> t.index_select(0, index));
      selected.keep(scope);
      return selected;
    }
  }

  private Dataset map(java.util.function.UnaryOperator<Tensor> part) {
    try (Scope scope = Scope.open()) {
      return new Dataset(
          scope.keep(part.apply(inputs)),
          targets == null ? null : scope.keep(part.apply(targets)),
          classes,
          encoding);
    }
  }

  /** Lets it outlive {@code scope}. */
  Dataset keep(Scope scope) {
    scope.keep(inputs);
    if (targets != null) {
      scope.keep(targets);
    }
    return this;
  }

  @Override
  public void close() {
    inputs.close();
    if (targets != null) {
      targets.close();
    }
  }
}
