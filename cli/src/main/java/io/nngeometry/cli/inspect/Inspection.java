package io.nngeometry.cli.inspect;

import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Module;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a network is made of, and what its matrices would take.
 *
 * @param model its name
 * @param parameters how many it has, d
 * @param dtype type of the matrices' numbers
 * @param layers its parametric layers in flat order
 * @param memory the need of every representation
 */
public record Inspection(
    String model, long parameters, String dtype, List<LayerFacts> layers, List<Memory> memory) {

  /**
   * One layer.
   *
   * @param id its name
   * @param kind its kind
   * @param size number of its parameters
   * @param parameters its parameters
   */
  public record LayerFacts(String id, String kind, long size, List<Tensor> parameters) {
    /** The families that cover its parameters, each once. */
    public String rules() {
      return parameters.stream().map(Tensor::rule).distinct().collect(Collectors.joining(", "));
    }
  }

  /**
   * One parameter.
   *
   * @param name its full name
   * @param shape its sizes
   * @param rule the family of rules that gives its gradients
   */
  public record Tensor(String name, List<Long> shape, String rule) {
    /** Its own name and its sizes. */
    public String text() {
      String own = name.substring(name.lastIndexOf('.') + 1);
      return own
          + " "
          + shape.stream().map(String::valueOf).collect(Collectors.joining("x", "(", ")"));
    }
  }

  /**
   * The need of one representation.
   *
   * @param representation its name
   * @param numbers how many it stores
   * @param bytes what they take
   * @param human the same in the unit that reads best
   */
  public record Memory(String representation, long numbers, double bytes, String human) {}

  /**
   * Inspects a network.
   *
   * @param net the network
   * @param model its name
   * @param input shape of one example
   * @param dtype type of the matrices' numbers
   * @param bytes what one of them takes
   * @param gradients how many a low-rank matrix would stack
   */
  public static Inspection of(
      Module net, String model, long[] input, String dtype, int bytes, long gradients) {
    LayerCollection collection = LayerCollection.of(net);
    Set<String> missing = Coverage.missing(net, collection, input);
    return new Inspection(
        model,
        collection.size(),
        dtype,
        collection.layers().stream().map(layer -> facts(layer, missing)).toList(),
        Representation.byName().values().stream()
            .map(r -> memory(r, collection, bytes, gradients))
            .toList());
  }

  private static LayerFacts facts(Layer layer, Set<String> missing) {
    return new LayerFacts(
        layer.id(),
        layer.kind(),
        layer.size(),
        layer.slots().stream()
            .map(
                s ->
                    new Tensor(
                        s.name(),
                        Arrays.stream(s.parameter().shape()).boxed().toList(),
                        missing.contains(s.name()) ? "not covered" : RuleFamily.of(layer).title()))
            .toList());
  }

  private static Memory memory(
      Representation representation, LayerCollection layers, int bytes, long gradients) {
    long numbers = representation.elements(layers, gradients);
    double size = (double) numbers * bytes;
    return new Memory(representation.name(), numbers, size, MemoryBudget.human(size));
  }
}
