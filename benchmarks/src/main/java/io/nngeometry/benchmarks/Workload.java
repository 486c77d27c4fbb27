package io.nngeometry.benchmarks;

import io.nngeometry.models.BenchSmall;
import io.nngeometry.models.Mlp;
import io.nngeometry.models.ResNet18;
import io.nngeometry.models.ResNet50;
import io.nngeometry.nn.Module;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A network and the shape of its data. Values are random: only shapes matter.
 *
 * @param name as the command line takes it
 * @param model makes the network for a number of classes
 * @param shape sizes of one input
 * @param classes number of outputs
 * @param examples number of examples, unless the command line says otherwise
 * @param batchSize examples in a minibatch
 */
record Workload(
    String name,
    LongFunction<Module> model,
    List<Long> shape,
    long classes,
    long examples,
    long batchSize) {

  private static final List<Workload> ALL =
      List.of(
          new Workload("small", BenchSmall::new, List.of(3L, 32L, 32L), 10, 128, 64),
          new Workload("mlp", c -> new Mlp(784, 512, 512, c), List.of(1L, 28L, 28L), 10, 512, 128),
          new Workload(
              "resnet18-w16", c -> new ResNet18(16, c), List.of(3L, 32L, 32L), 10, 128, 64),
          new Workload("resnet18-w64", c -> new ResNet18(64, c), List.of(3L, 32L, 32L), 10, 64, 32),
          new Workload("resnet50-64px", ResNet50::new, List.of(3L, 64L, 64L), 200, 32, 16));

  /** Their names, for a command line that tells them. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return byName().keySet().iterator();
    }
  }

  /** The same with another number of outputs. */
  Workload withClasses(long other) {
    return new Workload(name, model, shape, other, examples, batchSize);
  }

  /** The same residual network of another width. */
  Workload withWidth(long width) {
    if (!name.startsWith("resnet18")) {
      throw new IllegalArgumentException("only resnet18 workloads have a width to change");
    }
    return new Workload(name, c -> new ResNet18(width, c), shape, classes, examples, batchSize);
  }

  /** The same with square images of another size. */
  Workload withPixels(long side) {
    if (name.equals("mlp")) {
      throw new IllegalArgumentException("a perceptron's images have one size");
    }
    List<Long> other = List.of(shape.get(0), side, side);
    return new Workload(name, model, other, classes, examples, batchSize);
  }

  /**
   * The workload that a command line names.
   *
   * @throws ParameterException if there is none
   */
  static Workload of(CommandSpec spec, @Nullable String name) {
    Workload chosen = name == null ? null : byName().get(name);
    if (chosen == null) {
      throw new ParameterException(
          spec.commandLine(), "--workload must be one of " + String.join(", ", byName().keySet()));
    }
    return chosen;
  }

  /** All workloads by name. */
  static Map<String, Workload> byName() {
    Map<String, Workload> byName = new LinkedHashMap<>();
    ALL.forEach(w -> byName.put(w.name(), w));
    return byName;
  }
}
