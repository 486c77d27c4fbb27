package io.nngeometry.cli;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.cli.compare.Experiment;
import io.nngeometry.cli.compare.Outcome;
import io.nngeometry.cli.compare.ResultText;
import io.nngeometry.cli.compare.Results;
import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.models.data.Digits;
import io.nngeometry.models.data.LabelledImages;
import io.nngeometry.models.data.TrainTest;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The main job: Fisher matrices of a trained network in every representation, compared. */
@Command(
    name = "compare",
    description = {
      "Trains a small network on embedded digits and compares the Fisher matrix in every",
      "representation with the exact one, on held-out images: trace, quadratic form, product,",
      "damped inverse. Writes a table, figures, the matrices and a report.html."
    },
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry compare",
      "  nngeometry compare --quick --out /tmp/quick",
      "  nngeometry compare --estimator mc --draws 5 --vectors 4",
      "  nngeometry compare --representations diag,kfac --damping 1e-3,1e-2 --json"
    })
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--quick",
      description = "Fewer epochs, images and vectors: done in under a minute.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "NAME",
      defaultValue = "digits",
      description = "digits: the 1,797 embedded images of 8 x 8 pixels. Default: ${DEFAULT-VALUE}.")
  private Dataset data;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "small-conv",
      converter = Names.Network.class,
      description = "small-conv or mlp. Default: ${DEFAULT-VALUE}.")
  private NetworkKind model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "Weights in safetensors form, instead of training.")
  private @Nullable Path weights;

  @Mixin private CompareOptions compare;
  @Mixin private TrainingOptions training;
  @Mixin private OutputOptions output;

  /** Data sets that come with the command. */
  enum Dataset {
    /** Handwritten digits. */
    DIGITS
  }

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    output.startEngine();
    Progress progress = output.progress();
    TrainingSettings trainingSettings = training.settings(quick, compare.seed());
    Module net = model.forDigits();
    try (TrainTest digits = Digits.load().split(compare.seed())) {
      int available = digits.test().size();
      compare.check(available);
      Design design = compare.design(quick);
      CompareFiles files = CompareFiles.in(compare.out());
      Optional<TrainingHistory> history = Optional.empty();
      if (weights == null) {
        history = Optional.of(Training.run(net, digits, trainingSettings, progress));
      } else {
        Weights.load(weights, model, net);
      }
      double accuracy = Training.accuracy(net, digits.test());
      files.weights(model, net, accuracy);
      progress.say("accuracy on held-out images: " + Numbers.percent(accuracy));

      int n = compare.examples(quick, available);
      Map<String, Object> settings =
          CompareOptions.settings(design, n, compare.batch(), compare.dtype());
      net.to(compare.dtype().type());
      Outcome outcome;
      try (Scope scope = Scope.open();
          LabelledImages some = digits.test().take(n)) {
        Tensor images = some.images().to(compare.dtype().type());
        Examples examples = Examples.of(images, some.labels()).batches(compare.batch());
        outcome =
            new Experiment(net, examples, design, progress)
                .run(matrix -> files.matrix(matrix, settings));
      }
      Results results =
          results(net, accuracy, history, trainingSettings, settings, design, outcome, watch, n);
      files.results(results, outcome);
      report(results, files);
    }
    return 0;
  }

  private Results results(
      Module net,
      double accuracy,
      Optional<TrainingHistory> history,
      TrainingSettings trained,
      Map<String, Object> settings,
      Design design,
      Outcome outcome,
      Stopwatch watch,
      int n) {
    LayerCollection layers = LayerCollection.of(net);
    return new Results(
        Results.FORMAT,
        commandLine(),
        watch.seconds(),
        settings,
        Machine.facts(),
        Machine.versions(),
        new Results.Network(
            model.word(),
            layers.size(),
            layers.layers().stream().map(Layer::toString).toList(),
            accuracy),
        history,
        new Results.True("implicit", n, outcome.trace(), outcome.secondsPerTrueProduct()),
        outcome.secondsTogether(),
        Results.approximations(outcome),
        Results.solves(outcome, design.dampings()),
        outcome.gaps());
  }

  private String commandLine() {
    return "nngeometry "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private void report(Results results, CompareFiles files) {
    if (output.json()) {
      output.print(Json.of(results));
      return;
    }
    ResultText text = new ResultText(results);
    output.print(text.errors());
    output.print("");
    output.print("cosine of v and what a damped inverse leaves of it, medians:");
    output.print(text.solves());
    output.print("");
    output.print(text.footer());
    output.print("report: " + files.report());
  }
}
