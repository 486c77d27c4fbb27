package io.nngeometry.cli;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import io.nngeometry.cli.inspect.Inspection;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.MemoryBudget;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a network is made of, and what its matrices would take. */
@Command(
    name = "inspect",
    description =
        "Lists a network's layers, which rule gives the gradients of each parameter, "
            + "the memory that each representation of its Fisher matrix would need, and what it would"
            + " take to compute: bytes at the peak, examples at a time, work.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry inspect",
      "  nngeometry inspect --model resnet18 --width 16",
      "  nngeometry inspect --model transformer --width 32 --classes 1000",
      "  nngeometry inspect --model resnet50 --examples 50000 --memory 4GiB",
      "  nngeometry inspect --model resnet50 --dtype float64 --json",
      "  nngeometry inspect --model net.pt2"
    })
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ModelOptions model;

  @Option(
      names = "--gradients",
      paramLabel = "M",
      defaultValue = "1000",
      description =
          "Examples times outputs of a low-rank matrix, which stacks as many gradients. Default:"
              + " ${DEFAULT-VALUE}.")
  private long gradients;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Examples that the plan is for. Default: ${DEFAULT-VALUE}.")
  private long examples;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "64",
      description = "Examples of a minibatch, at the most. Default: ${DEFAULT-VALUE}.")
  private long batch;

  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    Check check = new Check(spec.commandLine());
    check.atLeast("--gradients", gradients, 1);
    check.atLeast("--examples", examples, 1);
    check.atLeast("--batch", batch, 1);
    MemoryBudget budget = limits.memory();
    output.startEngine();
    try (Scope scope = Scope.open()) {
      Network network = model.load(0);
      List<Tensor> inputs = network.oneExample().get();
      Inspection inspection =
          Inspection.of(
              new Inspection.Subject(
                  network.name(),
                  network.model(),
                  network.layers(),
                  inputs,
                  network.uncovered(),
                  network.classAxis()),
              network.dtype().toString(),
              network.dtype().bytes(),
              new Inspection.Scale(gradients, examples, batch, budget));
      output.print(output.json() ? Json.of(inspection) : text(network, inputs, inspection, budget));
    }
    return 0;
  }

  private String text(Network network, List<Tensor> inputs, Inspection found, MemoryBudget budget) {
    TextTable layers =
        TextTable.of(5, "layer", "kind", "shapes", "covered by", "input moment", "parameters");
    for (Inspection.LayerFacts layer : found.layers()) {
      layers.row(
          List.of(
              layer.id(),
              layer.kind(),
              String.join(", ", layer.parameters().stream().map(Inspection.Tensor::text).toList()),
              layer.rules(),
              layer.moment(),
              Numbers.grouped(layer.size())));
    }
    TextTable memory = TextTable.of(1, "representation", "numbers", "memory");
    for (Inspection.Memory m : found.memory()) {
      memory.row(
          List.of(
              m.representation(),
              m.numbers() == Long.MAX_VALUE ? "-" : Numbers.grouped(m.numbers()),
              m.human()));
    }
    TextTable plans = TextTable.of(1, "to compute", "at the peak", "at a time", "FB", "");
    for (Inspection.Forecast f : found.plans()) {
      plans.row(
          List.of(
              f.what(),
              f.human(),
              Numbers.grouped(f.batch()),
              String.format(java.util.Locale.ROOT, "%.1f", f.forwardBackwards()),
              f.fits() ? "" : "does not fit"));
    }
    String uncovered =
        found.uncovered().isEmpty()
            ? ""
            : "%n%nno rule covers %s: leave them out by --layers"
                .formatted(String.join("; ", found.uncovered()));
    return "%s: %s, inputs %s%n%s parameters in %d layers%n%n%s%s%n%nin %s, of %s here:%n%s%n%nfor %s examples within %s (FB: forward and backward over them):%n%s"
        .formatted(
            network.name(),
            network.description(),
            inputs.stream().map(InspectCommand::shape).collect(Collectors.joining(" and ")),
            Numbers.grouped(found.parameters()),
            found.layers().size(),
            layers,
            uncovered,
            found.dtype(),
            MemoryBudget.human(MemoryBudget.ofMachine().bytes()),
            memory,
            Numbers.grouped(examples),
            MemoryBudget.human(budget.bytes()),
            plans);
  }

  private static String shape(Tensor one) {
    return Arrays.stream(Tensors.shape(one))
        .skip(1)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "(n, ", ")"));
  }
}
