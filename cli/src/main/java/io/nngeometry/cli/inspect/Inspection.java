package io.nngeometry.cli.inspect;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Plan;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a network is made of, and what its matrices would take.
 *
 * @param model its name
 * @param parameters how many it has, d
 * @param dtype type of the matrices' numbers
 * @param layers its parametric layers in flat order
 * @param uncovered operators whose parameters no rule covers, with their names
 * @param memory the need of every representation
 * @param plans what computing each would take, and operations on the implicit matrix
 */
public record Inspection(
    String model,
    long parameters,
    String dtype,
    List<LayerFacts> layers,
    List<String> uncovered,
    List<Memory> memory,
    List<Forecast> plans) {

  /**
   * What is inspected.
   *
   * @param name of the network
   * @param model the network
   * @param layers the parameters to look at
   * @param inputs one example, each input with a first axis
   * @param uncovered operators whose parameters no rule covers
   * @param classAxis which axis of the outputs the classes are
   */
  public record Subject(
      String name,
      Model model,
      LayerCollection layers,
      List<org.bytedeco.pytorch.Tensor> inputs,
      List<String> uncovered,
      int classAxis) {
    /** With classes along axis 1. */
    public Subject(
        String name,
        Model model,
        LayerCollection layers,
        List<org.bytedeco.pytorch.Tensor> inputs,
        List<String> uncovered) {
      this(name, model, layers, inputs, uncovered, 1);
    }
  }

  /**
   * What matrices are to be made of.
   *
   * @param gradients how many a low-rank matrix would stack
   * @param examples how many the plans are for
   * @param batch examples of a minibatch, at the most
   * @param budget bytes that may be taken
   */
  public record Scale(long gradients, long examples, long batch, MemoryBudget budget) {}

  /**
   * One layer.
   *
   * @param id its name
   * @param kind its kind
   * @param size number of its parameters
   * @param patchless whether KFAC's moment of its inputs is found without unfolding them into
   *     patches; absent if it is no convolution
   * @param parameters its parameters
   */
  public record LayerFacts(
      String id, String kind, long size, Optional<Boolean> patchless, List<Tensor> parameters) {
    /** How KFAC's moment of its inputs is found. */
    public String moment() {
      return patchless.map(without -> without ? "in place" : "unfolded").orElse("-");
    }

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
   * What computing a matrix, or using the implicit one, would take.
   *
   * @param what the representation or the operation
   * @param peak bytes at the peak, beside network and data
   * @param human the same in the unit that reads best
   * @param batch examples at a time
   * @param forwardBackwards work, in forward and backward passes over the same examples
   * @param readings how often the examples are read
   * @param fits whether the budget allows it
   */
  public record Forecast(
      String what,
      double peak,
      String human,
      long batch,
      double forwardBackwards,
      int readings,
      boolean fits) {
    static Forecast of(Plan plan) {
      return new Forecast(
          plan.representation(),
          plan.peak(),
          MemoryBudget.human(plan.peak()),
          plan.batch(),
          plan.forwardBackwards(),
          plan.readings(),
          plan.fits());
    }
  }

  /**
   * Inspects a network.
   *
   * @param subject the network
   * @param dtype type of the matrices' numbers
   * @param bytes what one of them takes
   * @param scale what the matrices are to be made of
   */
  public static Inspection of(Subject subject, String dtype, int bytes, Scale scale) {
    LayerCollection layers = subject.layers();
    Set<String> missing = Coverage.missing(subject.model(), layers, subject.inputs());
    boolean none = missing.size() == layers.slots().size();
    LayerCollection covered =
        none ? layers : layers.whereParameter(name -> !missing.contains(name));
    Map<String, Boolean> patchless =
        none ? Map.of() : Coverage.patchless(subject.model(), covered, subject.inputs());
    return new Inspection(
        subject.name(),
        layers.size(),
        dtype,
        layers.layers().stream()
            .map(layer -> facts(layer, missing, Optional.ofNullable(patchless.get(layer.id()))))
            .toList(),
        subject.uncovered(),
        Representation.byName().values().stream()
            .map(r -> memory(r, layers, bytes, scale.gradients()))
            .toList(),
        none
            ? List.of()
            : plans(
                Fisher.of(subject.model(), metric(subject))
                    .layers(covered)
                    .memoryBudget(scale.budget()),
                subject.inputs(),
                scale));
  }

  /** Classes, or the one logit of two. */
  private static Metric metric(Subject subject) {
    try (Scope scope = Scope.open()) {
      org.bytedeco.pytorch.Tensor outputs =
          subject.model().forward(subject.inputs().toArray(org.bytedeco.pytorch.Tensor[]::new));
      return outputs.numel() == outputs.size(0)
          ? Metric.bernoulli()
          : Metric.categorical(subject.classAxis());
    }
  }

  private static List<Forecast> plans(
      Fisher fisher, List<org.bytedeco.pytorch.Tensor> inputs, Scale scale) {
    try (Scope scope = Scope.open()) {
      // as many examples as are asked for, in the memory of one
      List<org.bytedeco.pytorch.Tensor> many =
          inputs.stream()
              .map(
                  one -> {
                    long[] all = Tensors.shape(one);
                    all[0] = scale.examples();
                    return one.narrow(0, 0, 1).expand(all);
                  })
              .toList();
      Fisher on = fisher.on(Examples.of(many, null).batches(scale.batch()));
      List<Representation> stored =
          Representation.byName().values().stream()
              .filter(r -> r != Representation.IMPLICIT && r != Representation.EYE)
              .toList();
      return Stream.concat(on.plansOfEach(stored).stream(), on.implicitPlans().stream())
          .map(Forecast::of)
          .toList();
    }
  }

  private static LayerFacts facts(Layer layer, Set<String> missing, Optional<Boolean> patchless) {
    return new LayerFacts(
        layer.id(),
        layer.kind(),
        layer.size(),
        patchless,
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
