package io.nngeometry.cli;

import io.nngeometry.cli.compare.Figures;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.models.data.Digits;
import io.nngeometry.models.data.TrainTest;
import io.nngeometry.nn.Module;
import io.nngeometry.plot.Figure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a network on the embedded digits. */
@Command(
    name = "train",
    description =
        "Trains a network on the embedded digits and writes its weights, its training "
            + "curve as PNG and SVG, and its history as JSON, next to each other.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry train",
      "  nngeometry train --model mlp --optimiser adam --epochs 20 --out mlp.safetensors",
      "  nngeometry compare --weights weights.safetensors"
    })
final class TrainCommand implements Callable<Integer> {
  private static final String SUFFIX = ".safetensors";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "small-conv",
      converter = Names.Network.class,
      description = "small-conv or mlp. Default: ${DEFAULT-VALUE}.")
  private NetworkKind model;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "weights.safetensors",
      description = "File of the weights. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private TrainingOptions training;
  @Mixin private OutputOptions output;

  /**
   * What {@code --json} prints.
   *
   * @param model the network's name
   * @param settings how it was trained
   * @param history what happened
   * @param files what was written
   */
  record Report(
      String model, TrainingSettings settings, TrainingHistory history, List<String> files) {}

  @Override
  public Integer call() throws IOException {
    TrainingSettings settings = training.settings(false, seed);
    model.checkForDigits();
    OutputFiles.file("--out", out);
    output.startEngine();
    Module net = model.forDigits();
    TrainingHistory history;
    try (TrainTest digits = Digits.load().split(seed)) {
      history = Training.run(net, digits, settings, output.progress());
    }
    Weights.save(out, model, net, facts(settings, history));
    String name = String.valueOf(out.getFileName());
    String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    Path png = out.resolveSibling(stem + "-training.png");
    Path svg = out.resolveSibling(stem + "-training.svg");
    Path json = out.resolveSibling(stem + "-history.json");
    Figure figure = Figures.training(history);
    figure.writePng(png);
    figure.writeSvg(svg);
    Report report =
        new Report(
            model.word(),
            settings,
            history,
            List.of(out, png, svg, json).stream().map(Path::toString).toList());
    OutputFiles.text(json, Json.of(report) + "\n");
    output.print(output.json() ? Json.of(report) : text(report));
    return 0;
  }

  private static Map<String, String> facts(TrainingSettings settings, TrainingHistory history) {
    return Map.of(
        "epochs", Integer.toString(settings.epochs()),
        "optimiser", settings.optimiser().toString(),
        "seed", Long.toString(settings.seed()),
        "test_accuracy", Double.toString(history.last().testAccuracy()));
  }

  private static String text(Report report) {
    TrainingHistory.Epoch last = report.history().last();
    return String.format(
        Locale.ROOT,
        "%s after %d epochs, %s: loss %.4f, right on training images %s, on held-out ones %s%n%s",
        report.model(),
        last.epoch(),
        Numbers.seconds(report.history().seconds()),
        last.trainLoss(),
        Numbers.percent(last.trainAccuracy()),
        Numbers.percent(last.testAccuracy()),
        "written: " + String.join(", ", report.files()));
  }
}
