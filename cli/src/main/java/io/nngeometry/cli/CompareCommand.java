package io.nngeometry.cli;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.cli.compare.Experiment;
import io.nngeometry.cli.compare.Outcome;
import io.nngeometry.cli.compare.ResultText;
import io.nngeometry.cli.compare.Results;
import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.models.data.Digits;
import io.nngeometry.models.data.LabelledImages;
import io.nngeometry.models.data.TrainTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
    description =
        "Trains a small network on embedded digits and compares the Fisher matrix in "
            + "every representation with the exact one, on held-out images: trace, quadratic "
            + "form, product, damped inverse. Writes a table, figures, the matrices and a "
            + "report.html.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry compare",
      "  nngeometry compare --quick --out quick",
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
    model.checkForDigits();
    output.startEngine();
    try (TrainTest digits = Digits.load().split(compare.sample().seed())) {
      compare.check(digits.test().size());
      TrainingSettings trainingSettings = training.settings(quick, compare.sample().seed());
      CompareFiles files = CompareFiles.in(compare.out());
      Progress progress = output.progress();
      Classifier classifier =
          weights == null
              ? Classifier.trained(model, digits, trainingSettings, progress)
              : Classifier.loaded(model, digits, weights);
      files.weights(classifier);
      progress.say("right on held-out images: " + Numbers.percent(classifier.accuracy()));

      Design design = compare.design(quick);
      int n = compare.sample().examples(quick, digits.test().size());
      Map<String, Object> settings = new LinkedHashMap<>(compare.settings(design, n));
      settings.putAll(Classifier.settings(trainingSettings, weights));
      Outcome outcome = run(design, classifier, digits, n, settings, files, progress);
      Results results =
          new Results(
              Results.FORMAT,
              commandLine(),
              watch.seconds(),
              settings,
              Machine.facts(),
              Machine.versions(),
              classifier.facts(),
              classifier.history(),
              new Results.True("implicit", n, outcome.trace(), outcome.secondsPerTrueProduct()),
              outcome.secondsTogether(),
              Results.approximations(outcome),
              Results.solves(outcome, design.dampings()),
              outcome.gaps());
      files.results(results, outcome);
      output.print(output.json() ? Json.of(results) : text(results, files));
    }
    return 0;
  }

  private Outcome run(
      Design design,
      Classifier classifier,
      TrainTest digits,
      int n,
      Map<String, Object> settings,
      CompareFiles files,
      Progress progress) {
    try (Scope scope = Scope.open();
        LabelledImages some = digits.test().take(n)) {
      classifier.net().to(compare.sample().dtype().type());
      Tensor images = some.images().to(compare.sample().dtype().type());
      Examples examples = Examples.of(images, some.labels()).batches(compare.sample().batch());
      return new Experiment(classifier.net(), examples, design, progress)
          .run(matrix -> files.matrix(matrix, settings));
    }
  }

  private String commandLine() {
    return "nngeometry "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private static String text(Results results, CompareFiles files) {
    ResultText text = new ResultText(results);
    return String.join(
        System.lineSeparator(),
        text.errors(),
        "",
        "cosine of v and what a damped inverse leaves of it, medians:",
        text.solves(),
        "",
        text.footer(),
        "report: " + files.report());
  }
}
