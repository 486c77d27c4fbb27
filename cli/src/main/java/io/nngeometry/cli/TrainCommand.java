package io.nngeometry.cli;

import io.nngeometry.cli.NetworkKind.Shape;
import io.nngeometry.cli.compare.Figures;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.training.Keeper;
import io.nngeometry.cli.training.Milestones;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingData;
import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.engine.Scope;
import io.nngeometry.models.data.Part;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a network on labelled examples. */
@Command(
    name = "train",
    description =
        "Trains a network on labelled images, the embedded digits or others, or on tokens, and writes its"
            + " weights, its training curve as PNG and SVG, and its history as JSON, next to each"
            + " other; with --checkpoints also states on the way.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry train",
      "  nngeometry train --model mlp --optimiser adam --epochs 20 --out mlp.safetensors",
      "  nngeometry train --checkpoints states --thresholds .2,.4,.6,.8 --evaluate-every 5",
      "  nngeometry train --checkpoints states --thresholds .2,.4,.6,.8 --evaluate-every 5 --resume",
      "  nngeometry train --lr .1 --schedule steps --crop 1        the paper's recipe",
      "  nngeometry compare --weights weights.safetensors"
    })
final class TrainCommand implements Callable<Integer> {
  private static final String SUFFIX = ".safetensors";

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "small-conv",
      converter = Names.Network.class,
      description =
          "small-conv, lenet, mlp, resnet20, resnet18, resnet50, or transformer, whose data are"
              + " tokens, (n, length), with the tokens wanted at each place as labels. Default:"
              + " ${DEFAULT-VALUE}.")
  private NetworkKind model;

  @Option(
      names = "--width",
      paramLabel = "W",
      description =
          "Channels of the first stage, hidden units, or features of a token. Default: the network's"
              + " own.")
  private @Nullable Integer width;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "weights.safetensors",
      description = "File of the weights. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private CheckpointOptions checkpoints;
  @Mixin private OutputOptions output;

  /**
   * What {@code --json} prints.
   *
   * @param model the network's name
   * @param data what it was trained on, by option
   * @param settings how it was trained
   * @param history what happened
   * @param files what was written
   */
  record Report(
      String model,
      Map<String, Object> data,
      TrainingSettings settings,
      TrainingHistory history,
      List<String> files) {}

  @Override
  public Integer call() throws IOException {
    refuse("--split", "both parts are used, one to train on and one to test with");
    refuse("--batch", "images per training step are --train-batch");
    TrainingSettings settings = training.settings(false, data.seed());
    Milestones milestones = checkpoints.milestones();
    OutputFiles.file("--out", out);
    output.startEngine();
    try (Scope scope = Scope.open();
        TrainingData examples = examples()) {
      Architecture network =
          new Architecture(
              model,
              Shape.of(examples.train().shape(), examples.classes())
                  .width(Optional.ofNullable(width)));
      Map<String, Object> source = new LinkedHashMap<>();
      data.addTo(source, examples.train());
      source.remove("split");
      source.remove("batch");
      Module net = network.build();
      Optional<Keeper> keeper = checkpoints.keeper(network, source, settings.options());
      return Interruption.during(
          output.progress(),
          this::goingOn,
          interruption ->
              report(
                  network,
                  source,
                  settings,
                  net,
                  Training.run(
                      net,
                      model.classAxis(),
                      examples,
                      settings,
                      milestones,
                      keeper,
                      interruption::asked,
                      output.progress())));
    }
  }

  private String goingOn() {
    return checkpoints
        .folder()
        .map(in -> "the same command with --resume goes on from " + in)
        .orElse("nothing is kept without --checkpoints");
  }

  /** Fails if an option of the data is given that means nothing here. */
  private void refuse(String option, String why) {
    if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
      throw new UsageException("%s has no meaning for train: %s".formatted(option, why));
    }
  }

  private TrainingData examples() throws IOException {
    try {
      return new TrainingData(
          data.load(Part.TRAIN, FloatType.FLOAT32), data.load(Part.TEST, FloatType.FLOAT32));
    } catch (IllegalArgumentException e) {
      throw new UserException("--data %s: %s".formatted(data.source(), e.getMessage()), e);
    }
  }

  private void report(
      Architecture network,
      Map<String, Object> source,
      TrainingSettings settings,
      Module net,
      TrainingHistory history)
      throws IOException {
    Weights.save(out, network, net, facts(network, source, settings, history));
    Path json = OutputFiles.sibling(out, SUFFIX, "-history.json");
    List<Path> pictures =
        OutputFiles.figure(
            OutputFiles.sibling(out, SUFFIX, "-training"), Figures.training(history));
    Report report =
        new Report(
            model.word(),
            source,
            settings,
            history,
            Stream.of(Stream.of(out), pictures.stream(), Stream.of(json))
                .flatMap(files -> files)
                .map(Path::toString)
                .toList());
    OutputFiles.text(json, Json.of(report) + "\n");
    output.print(output.json() ? Json.of(report) : text(report));
  }

  private static Map<String, String> facts(
      Architecture network,
      Map<String, Object> source,
      TrainingSettings settings,
      TrainingHistory history) {
    Map<String, String> facts = new LinkedHashMap<>(network.metadata());
    source.forEach((name, value) -> facts.put(name, value.toString()));
    settings.options().forEach((name, value) -> facts.put(name, value.toString()));
    facts.put("optimiser", settings.optimiser().toString());
    facts.put(Weights.ACCURACY, Double.toString(history.last().testAccuracy()));
    return facts;
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
