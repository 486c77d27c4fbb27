package io.nngeometry.cli.ntk;

import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.plot.Groups;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * The classes of some examples.
 *
 * @param labels of the examples, each the index of its name
 * @param names of all classes
 */
public record Classes(List<Integer> labels, List<String> names) {
  /** Copies. */
  public Classes {
    labels = List.copyOf(labels);
    names = List.copyOf(names);
  }

  /** Those of a data set, where its targets are labels: one integer an example, from 0 on. */
  public static Optional<Classes> of(Dataset data) {
    Optional<Tensor> targets = data.targets();
    if (targets.isEmpty()) {
      return Optional.empty();
    }
    try (Tensor y = targets.get()) {
      if (y.dim() != 1 || y.is_floating_point()) {
        return Optional.empty();
      }
      List<Integer> labels =
          Arrays.stream(Tensors.toLongArray(y)).mapToObj(Math::toIntExact).toList();
      int greatest = labels.stream().mapToInt(x -> x).max().orElseThrow();
      if (labels.stream().anyMatch(x -> x < 0)) {
        return Optional.empty();
      }
      List<String> names =
          greatest < data.classes().size()
              ? data.classes()
              : IntStream.rangeClosed(0, greatest).mapToObj(Integer::toString).toList();
      return Optional.of(new Classes(labels, names));
    }
  }

  /** The labels as a tensor, (n), in the enclosing scope. */
  public Tensor tensor() {
    return Tensors.of(labels.stream().mapToLong(x -> x).toArray(), labels.size());
  }

  /** The labels. */
  public int[] array() {
    return labels.stream().mapToInt(x -> x).toArray();
  }

  /** Indices of the examples, by class and in a class as they came. */
  public List<Integer> order() {
    return IntStream.range(0, labels.size())
        .boxed()
        .sorted(Comparator.comparing(labels::get))
        .toList();
  }

  /** The groups that the examples make in that order. */
  Groups groups() {
    return Groups.of(order().stream().mapToInt(labels::get).toArray(), names);
  }
}
