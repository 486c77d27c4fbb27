package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Model;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A layer as a file describes it: enough to lay out vectors, not to run a network.
 *
 * @param id its name
 * @param kind {@code Linear}, {@code Conv2d}, …
 * @param size number of its parameters
 * @param parameters those that it owns, in flat order
 */
record DescribedLayer(String id, String kind, long size, List<Described> parameters) {

  /**
   * A parameter as a file describes it.
   *
   * @param name its full name
   * @param shape its sizes
   */
  record Described(String name, List<Long> shape) {
    private Parameter parameter(ScalarType type) {
      try (Scope scope = Scope.open()) {
        return new Parameter(torch.zeros(sizes(), Tensors.options(type)));
      }
    }

    private long[] sizes() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /** Describes {@code layers}. */
  static List<DescribedLayer> of(LayerCollection layers) {
    return layers.layers().stream()
        .map(
            layer ->
                new DescribedLayer(
                    layer.id(),
                    layer.kind(),
                    layer.size(),
                    layer.slots().stream().map(DescribedLayer::of).toList()))
        .toList();
  }

  private static Described of(Layer.Slot slot) {
    return new Described(slot.name(), Arrays.stream(slot.parameter().shape()).boxed().toList());
  }

  /** How {@code theirs} differ from {@code mine}, in words that follow "over". */
  static String difference(List<DescribedLayer> theirs, List<DescribedLayer> mine) {
    if (!ids(theirs).equals(ids(mine))) {
      return "the layers %s, not over %s".formatted(ids(theirs), ids(mine));
    }
    for (int k = 0; k < mine.size(); k++) {
      if (!theirs.get(k).equals(mine.get(k))) {
        return "a layer %s, not over %s".formatted(theirs.get(k), mine.get(k));
      }
    }
    return "the same layers";
  }

  private static List<String> ids(List<DescribedLayer> layers) {
    return layers.stream().map(DescribedLayer::id).toList();
  }

  @Override
  public String toString() {
    return "%s (%s of %s)"
        .formatted(
            id,
            kind,
            parameters.stream().map(p -> p.name + " " + p.shape).collect(Collectors.joining(", ")));
  }

  /**
   * The layers by name and size.
   *
   * @param type of parameters
   * @throws CorruptFileException if they contradict themselves
   */
  static LayerCollection collection(Path file, List<DescribedLayer> layers, ScalarType type)
      throws IOException {
    try {
      double numbers = 0;
      Map<String, ParametricLayer> all = new LinkedHashMap<>();
      for (DescribedLayer layer : layers) {
        layer.check();
        numbers += layer.size;
      }
      double bytes = numbers * (type == ScalarType.Double ? Double.BYTES : Float.BYTES);
      if (bytes > MemoryBudget.ofMachine().bytes()) {
        throw new IllegalArgumentException(
            "a vector over them would take " + MemoryBudget.human(bytes));
      }
      for (DescribedLayer layer : layers) {
        List<Parameter> parameters = layer.parameters.stream().map(p -> p.parameter(type)).toList();
        if (all.put(layer.id, new Stored(layer, parameters)) != null) {
          throw new IllegalArgumentException("two of them are called '%s'".formatted(layer.id));
        }
      }
      return LayerCollection.of(new Nothing(all));
    } catch (RuntimeException e) {
      throw new CorruptFileException(file, "its layers do not fit together: " + e.getMessage(), e);
    }
  }

  private void check() {
    long sum = 0;
    for (Described p : parameters) {
      long numbers = 1;
      for (long s : p.sizes()) {
        if (s < 1) {
          throw new IllegalArgumentException(
              "parameter '%s' has shape %s".formatted(p.name, p.shape));
        }
        numbers = Math.multiplyExact(numbers, s);
      }
      sum = Math.addExact(sum, numbers);
    }
    if (sum != size || parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "layer '%s' of size %d has %d parameters".formatted(id, size, sum));
    }
  }

  /** A layer without a rule. */
  private record Stored(DescribedLayer facts, List<Parameter> parameters)
      implements ParametricLayer {
    @Override
    public String kind() {
      return facts.kind;
    }

    @Override
    public String fullName(String id, int index) {
      return facts.parameters.get(index).name;
    }

    @Override
    public LayerRule rule() {
      return (use, lifetime) -> {
        throw new UnsupportedOperationException("a layer of a file cannot be run");
      };
    }
  }

  /** A network that was left behind. */
  private record Nothing(Map<String, ParametricLayer> layers) implements Model {
    @Override
    public Tensor forward(Tensor... inputs) {
      throw new UnsupportedOperationException("the network of a matrix is not in its file");
    }

    @Override
    public List<String> partsInTraining() {
      return List.of();
    }
  }
}
