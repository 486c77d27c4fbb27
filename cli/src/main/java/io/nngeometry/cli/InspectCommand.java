package io.nngeometry.cli;

import io.nngeometry.cli.NetworkKind.Shape;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import io.nngeometry.cli.inspect.Inspection;
import io.nngeometry.cli.inspect.Probe;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.nn.Module;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
      "  nngeometry inspect --model resnet50 --dtype float64 --json"
    })
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "small-conv",
      converter = Names.Network.class,
      description =
          "small-conv, lenet, mlp, resnet20, resnet18, resnet50 or transformer. Default:"
              + " ${DEFAULT-VALUE}.")
  private NetworkKind model;

  @Option(names = "--classes", paramLabel = "C", description = "Number of outputs, or of tokens.")
  private @Nullable Integer classes;

  @Option(
      names = "--width",
      paramLabel = "W",
      description =
          "Channels of the first stage of resnet20 (16) and resnet18 (64), hidden units of mlp (32),"
              + " features of a token of transformer (64).")
  private @Nullable Integer width;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      converter = CompareOptions.Precision.class,
      description = "float32 or float64, of the matrices. Default: ${DEFAULT-VALUE}.")
  private FloatType dtype;

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

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      description = "What may be taken, such as 4GiB. Default: seven tenths of the machine's.")
  private @Nullable String memory;

  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    Check check = new Check(spec.commandLine());
    check.atLeast("--classes", classes == null ? 1 : classes, 1);
    check.atLeast("--width", width == null ? 1 : width, 1);
    check.atLeast("--gradients", gradients, 1);
    check.atLeast("--examples", examples, 1);
    check.atLeast("--batch", batch, 1);
    MemoryBudget budget = check.memory("--memory", memory);
    output.startEngine();
    Module net =
        model
            .build(
                new Shape(
                    Optional.empty(), Optional.ofNullable(classes), Optional.ofNullable(width)))
            .to(dtype.type());
    Inspection inspection =
        Inspection.of(
            net,
            model.word(),
            new Probe(
                Arrays.stream(model.input()).boxed().toList(),
                model.inputType(),
                model.classAxis()),
            dtype.toString(),
            dtype.bytes(),
            new Inspection.Scale(gradients, examples, batch, budget));
    output.print(output.json() ? Json.of(inspection) : text(inspection, budget));
    return 0;
  }

  private String text(Inspection found, MemoryBudget budget) {
    TextTable layers = TextTable.of(4, "layer", "kind", "shapes", "covered by", "parameters");
    for (Inspection.LayerFacts layer : found.layers()) {
      layers.row(
          List.of(
              layer.id(),
              layer.kind(),
              String.join(", ", layer.parameters().stream().map(Inspection.Tensor::text).toList()),
              layer.rules(),
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
    return "%s: %s, inputs (n, %s)%n%s parameters in %d layers%n%n%s%n%nin %s, of %s here:%n%s%n%nfor %s examples within %s (FB: forward and backward over them):%n%s"
        .formatted(
            model.word(),
            model.description(),
            Arrays.stream(model.input()).mapToObj(Long::toString).collect(Collectors.joining(", ")),
            Numbers.grouped(found.parameters()),
            found.layers().size(),
            layers,
            found.dtype(),
            MemoryBudget.human(MemoryBudget.ofMachine().bytes()),
            memory,
            Numbers.grouped(examples),
            MemoryBudget.human(budget.bytes()),
            plans);
  }
}
