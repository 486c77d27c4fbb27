package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.io.JacobianFile;
import io.nngeometry.models.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The derivatives of a network's outputs in its parameters, in a file. */
@Command(
    name = "jacobian",
    description =
        "Computes the derivatives of all outputs on all examples in the parameters and writes them"
            + " as 'jacobian', of shape (c, n, d), in safetensors form: outputs, examples,"
            + " parameters in the order of the network. The file is written some examples at a time"
            + " and may be larger than memory.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry jacobian --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry jacobian --model resnet18 --data npy:x.npy --n 100 --memory 1GiB",
      "  nngeometry jacobian --layers 'fc*' --dtype float64 --out J.safetensors"
    })
final class JacobianCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "jacobian.safetensors",
      description = "File of the derivatives. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  /**
   * What is said of it.
   *
   * @param settings every setting by its option's name
   * @param parameters of the network, d
   * @param seconds it took
   * @param file where it is
   * @param bytes of the file
   */
  record Report(
      Map<String, Object> settings, long parameters, double seconds, String file, long bytes) {
    @Override
    public String toString() {
      return "jacobian of %s: %s parameters, %s examples, %s%n%s (%s)"
          .formatted(
              settings.get("model"),
              Numbers.grouped(parameters),
              settings.get("n"),
              Numbers.seconds(seconds),
              file,
              MemoryBudget.human(bytes));
    }
  }

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    MemoryBudget memory = limits.memory();
    OutputFiles.file("--out", out);
    output.startEngine();
    try (Scope scope = Scope.open();
        NetworkAndData loaded = NetworkAndData.of(model, data);
        Progress.Task task = output.progress().start("jacobian", loaded.dataset().size())) {
      Network network = loaded.network();
      Dataset dataset = loaded.dataset();
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put("model", network.name());
      data.addTo(settings, dataset);
      settings.put("dtype", network.dtype().toString());
      Map<String, String> facts = new LinkedHashMap<>();
      settings.forEach((name, value) -> facts.put(name, String.valueOf(value)));
      Jacobian jacobian =
          Jacobian.of(network.model(), network.layers(), dataset.examples().batches(data.batch()))
              .memoryBudget(memory);
      JacobianFile.write(out, jacobian, facts, task::at);
      Report report =
          new Report(
              settings, network.layers().size(), watch.seconds(), out.toString(), Files.size(out));
      output.print(output.json() ? Json.of(report) : report.toString());
    } catch (MemoryBudgetException e) {
      throw new UserException("--memory: " + e.getMessage(), e);
    }
    return 0;
  }
}
