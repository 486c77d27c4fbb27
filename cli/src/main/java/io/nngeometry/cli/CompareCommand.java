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
import io.nngeometry.models.data.DataSource;
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
            + "report.html. With --checkpoints it does so at every state of a training that "
            + "'nngeometry train' kept, as section 3.1 of the NNGeometry paper does, and writes "
            + "study.json, study.csv and its figures 3 to 6.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry compare",
      "  nngeometry compare --quick --out quick",
      "  nngeometry compare --estimator mc --draws 5 --vectors 4",
      "  nngeometry compare --representations diag,kfac --damping 1e-3,1e-2 --json",
      "",
      "  nngeometry train --checkpoints states --thresholds .2,.4,.6,.8 --evaluate-every 2",
      "  nngeometry compare --checkpoints states --out study",
      "  nngeometry compare --checkpoints states --out study --resume     after an interruption"
    })
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--quick",
      description = "Fewer epochs, images and vectors: done in under a minute.")
  private boolean quick;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      converter = DataOptions.Sources.class,
      description =
          "digits: the 1,797 embedded images of 8 x 8 pixels. With --checkpoints, any data that"
              + " 'nngeometry train' takes. Default: digits, or what the checkpoints were trained"
              + " on.")
  private @Nullable DataSource data;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description =
          "Compare at every state of a training that 'nngeometry train --checkpoints DIR' kept.")
  private @Nullable Path checkpoints;

  @Option(
      names = "--resume",
      description =
          "With --checkpoints: go on with what was interrupted in --out; the options must be the"
              + " same. Where there is none, begin.")
  private boolean resume;

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

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    if (checkpoints != null) {
      refuse("--weights", weights);
      return new CheckpointStudy(
              checkpoints, data, quick, resume, compare, output, Machine.commandLine(spec))
          .run(watch);
    }
    if (resume || (data != null && !data.toString().equals("digits"))) {
      throw new UsageException(
          "%s: it needs --checkpoints; 'nngeometry train --checkpoints DIR' makes them, of any network and data"
              .formatted(resume ? "--resume" : "--data"));
    }
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
              Machine.commandLine(spec),
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

  private static void refuse(String option, @Nullable Object value) {
    if (value != null) {
      throw new UsageException(option + ": --checkpoints have their own; leave it out");
    }
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
