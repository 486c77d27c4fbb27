package io.nngeometry.cli;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.cli.compare.Experiment;
import io.nngeometry.cli.compare.Outcome;
import io.nngeometry.cli.compare.ResultText;
import io.nngeometry.cli.compare.Results;
import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.MemoryBudgetException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
        "Compares the Fisher matrix of a network in every representation with the exact one, on"
            + " held-out examples: trace, quadratic form, product, damped inverse. A network that is"
            + " given by name alone is trained first; by default, a small one on embedded digits."
            + " Writes a table, figures, the matrices and a "
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
      "  nngeometry compare --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry compare --model lenet --data fashion-mnist --n 500",
      "",
      "  nngeometry train --checkpoints states --thresholds .2,.4,.6,.8 --evaluate-every 2",
      "  nngeometry compare --checkpoints states --out study",
      "  nngeometry compare --checkpoints states --out study --resume     after an interruption"
    })
final class CompareCommand implements Callable<Integer> {
  /** What the states of a training tell themselves. */
  private static final List<String> OWN =
      List.of("--model", "--weights", "--classes", "--width", "--split", "--shuffle");

  @Spec private CommandSpec spec;

  @Option(
      names = "--quick",
      description = "Fewer epochs, images and vectors: done in under a minute.")
  private boolean quick;

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

  @Mixin private SubjectOptions subject;
  @Mixin private CompareOptions compare;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    compare.check();
    if (checkpoints != null) {
      OWN.forEach(this::refuse);
      return new CheckpointStudy(
              checkpoints, subject, quick, resume, compare, output, Machine.commandLine(spec))
          .run(watch);
    }
    if (resume) {
      throw new UsageException(
          "--resume: it needs --checkpoints; 'nngeometry train --checkpoints DIR' makes them");
    }
    MatrixSource source = subject.source(FisherOptions.of(compare.metric()), MatrixKind.FISHER);
    source.check();
    output.startEngine();
    try (Scope scope = Scope.open();
        Subject found = subject.open(compare.metric(), quick)) {
      CompareFiles files = CompareFiles.in(compare.out());
      Progress progress = output.progress();
      Subject ready = found.ready(progress);
      files.weights(ready);

      Design design = compare.design(quick, subject.seed());
      Map<String, Object> settings = new LinkedHashMap<>(compare.settings(design));
      settings.putAll(subject.settings(ready, quick));
      int n = ready.loaded().dataset().size();
      Outcome outcome =
          new Experiment(
                  new MatrixSource.Opened(source, ready.loaded()).fisher(), n, design, progress)
              .run(matrix -> files.matrix(matrix, settings));
      Results results =
          new Results(
              Results.FORMAT,
              Machine.commandLine(spec),
              watch.seconds(),
              settings,
              Machine.facts(),
              Machine.versions(),
              ready.facts(),
              ready.history(),
              new Results.True("implicit", n, outcome.trace(), outcome.secondsPerTrueProduct()),
              outcome.secondsTogether(),
              Results.approximations(outcome),
              Results.solves(outcome, design.dampings()),
              outcome.gaps());
      files.results(results, outcome);
      output.print(output.json() ? Json.of(results) : text(results, files));
    } catch (MemoryBudgetException e) {
      throw new UserException("--memory: " + e.getMessage(), e);
    }
    return 0;
  }

  private void refuse(String option) {
    if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
      throw new UsageException(option + ": --checkpoints have their own; leave it out");
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
