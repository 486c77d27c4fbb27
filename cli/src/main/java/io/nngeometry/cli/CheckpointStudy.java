package io.nngeometry.cli;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.cli.compare.Experiment;
import io.nngeometry.cli.compare.Measurement;
import io.nngeometry.cli.compare.Measurements;
import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.compare.Study;
import io.nngeometry.cli.compare.StudyFigures;
import io.nngeometry.cli.compare.StudyText;
import io.nngeometry.cli.compare.Truth;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.Monitor;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.nn.Module;
import io.nngeometry.plot.Figure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

/**
 * {@code compare --checkpoints}: section 3.1 of the NNGeometry paper over the states of a training.
 * Every draw of labels and vectors at every state is a stage of its own, and an interrupted study
 * goes on with the first that is not done.
 */
final class CheckpointStudy {
  /** As many validation examples as the paper takes. */
  private static final int EXAMPLES = 500;

  private static final String NUMBERS = "numbers";
  private static final String TRACE = "trace";

  private final Checkpoints checkpoints;
  private final SubjectOptions subject;
  private final boolean quick;
  private final boolean resume;
  private final CompareOptions options;
  private final OutputOptions output;
  private final String commandLine;
  private final Design design;
  private final Progress progress;

  /** On what {@code folder} has; the subject's data are those it was trained on, unless given. */
  CheckpointStudy(
      Path folder,
      SubjectOptions subject,
      boolean quick,
      boolean resume,
      CompareOptions options,
      OutputOptions output,
      String commandLine)
      throws IOException {
    this.checkpoints = Checkpoints.read(folder);
    if (checkpoints.entries().isEmpty()) {
      throw new UserException("--checkpoints %s: it lists no states".formatted(folder));
    }
    this.subject = subject;
    this.quick = quick;
    this.resume = resume;
    this.options = options;
    this.output = output;
    this.commandLine = commandLine;
    this.design = options.designOfThePaper(quick, subject.seed());
    this.progress = output.progress();
  }

  /** Numbers of one state. */
  private record Found(double trace, List<Measurement> measurements) {}

  /** Does it, and returns the exit code. */
  int run(Stopwatch watch) throws IOException {
    output.startEngine();
    Path folder = OutputFiles.directory("--out", options.out());
    try (Scope scope = Scope.open();
        Dataset test = test();
        Checkpoint.Left left = Checkpoint.in(folder, resume)) {
      subject.data().checkRead(test);
      Map<String, Object> settings = settings(test.size());
      Checkpoint checkpoint = left.with(settings, progress);
      if (!left.isThere()) {
        checkpoint.drop();
      }
      return Interruption.during(
          progress,
          checkpoint::goingOn,
          interruption -> {
            Map<Checkpoints.Entry, Found> found = found(test, checkpoint.heeding(interruption));
            output.print(written(study(watch, settings, test.size(), found), found, folder));
            checkpoint.drop();
          });
    }
  }

  private Dataset test() throws IOException {
    try {
      return data()
          .load(
              Part.TEST,
              subject.data().most(SubjectOptions.most(quick, EXAMPLES)),
              subject.dtype());
    } catch (ParameterException e) {
      throw new UserException(
          "%s: what it says of the data cannot be read (%s); give --data"
              .formatted(checkpoints.folder().resolve(Checkpoints.INDEX), e.getMessage()),
          e);
    }
  }

  private Map<String, Object> settings(int n) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("checkpoints", checkpoints.folder().toString());
    settings.put(
        "states",
        checkpoints.entries().stream()
            .map(e -> "%s@%d".formatted(e.file(), e.step()))
            .collect(Collectors.joining(" ")));
    settings.put("n", n);
    settings.putAll(options.settings(design));
    settings.put("data", data().source().toString());
    settings.put("batch", subject.data().batch());
    settings.put("dtype", subject.dtype().toString());
    settings.put("seed", subject.seed());
    return settings;
  }

  /** Those of the training, and over them what was given. */
  private DataOptions data() {
    return subject.data().over(checkpoints.data());
  }

  private Map<Checkpoints.Entry, Found> found(Dataset test, Checkpoint checkpoint)
      throws IOException {
    Map<Checkpoints.Entry, Found> found = new LinkedHashMap<>();
    long perDraw = Experiment.stepsOfDraw(design);
    long perState = perDraw * design.draws();
    try (Progress.Task task =
        progress.start("comparing", perState * checkpoints.entries().size())) {
      for (Checkpoints.Entry entry : checkpoints.entries()) {
        try (Scope scope = Scope.open()) {
          found.put(entry, at(entry, test, checkpoint, task, perState * found.size(), perDraw));
        }
      }
    }
    return found;
  }

  private Found at(
      Checkpoints.Entry entry,
      Dataset test,
      Checkpoint checkpoint,
      Progress.Task task,
      long before,
      long perDraw)
      throws IOException {
    Module net = Architecture.of(checkpoints.network()).build();
    net.to(subject.dtype().type());
    try {
      checkpoints.load(entry, net);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "--checkpoints %s: %s".formatted(checkpoints.file(entry), e.getMessage()), e);
    }
    Experiment experiment = new Experiment(fisher(net, test), test.size(), design, progress);
    double trace = Double.NaN;
    List<Measurement> measurements = new ArrayList<>();
    // asked for by the first draw that is not done yet, and then by all after it
    try (Asked truth = new Asked(experiment)) {
      for (int k = 0; k < design.draws(); k++) {
        int draw = k;
        long start = before + draw * perDraw;
        Map<String, Tensor> given =
            checkpoint.stage(
                "%s/%d".formatted(entry.file(), draw),
                task,
                Map::of,
                monitor -> {
                  report(monitor, start);
                  return tensors(
                      truth.get().trace(),
                      experiment.draw(truth.get(), draw, step -> report(monitor, start + step)));
                });
        trace = Tensors.item(Objects.requireNonNull(given.get(TRACE)));
        measurements.addAll(
            Measurements.of(Objects.requireNonNull(given.get(NUMBERS)), draw, design));
        task.at(start + perDraw, entry.title());
      }
    }
    return new Found(trace, measurements);
  }

  private Fisher fisher(Module net, Dataset test) {
    int classAxis = Architecture.of(checkpoints.network()).kind().classAxis();
    return Fisher.of(net, options.metric().metric(classAxis))
        .layers(layers(net))
        .on(test.examples().batches(subject.data().batch()))
        .memoryBudget(subject.limits().memory());
  }

  private LayerCollection layers(Module net) {
    return subject.model().chosen(LayerCollection.of(net));
  }

  /** The true matrix of a state, once somebody asks for it. */
  private static final class Asked implements AutoCloseable {
    private final Experiment experiment;
    private @Nullable Truth truth;

    Asked(Experiment experiment) {
      this.experiment = experiment;
    }

    Truth get() {
      if (truth == null) {
        truth = experiment.truthAlone();
      }
      return truth;
    }

    @Override
    public void close() {
      if (truth != null) {
        truth.close();
      }
    }
  }

  private static void report(Monitor monitor, long done) {
    monitor.report(new io.nngeometry.linalg.Progress("compare", done, done, Double.NaN, Map::of));
  }

  /** What one draw found, which outlives everything but the run. */
  private Map<String, Tensor> tensors(double trace, List<Measurement> measurements) {
    return Map.of(
        TRACE,
        Scope.detach(Tensors.of(new double[] {trace}, 1)),
        NUMBERS,
        Scope.detach(Measurements.tensor(measurements, design)));
  }

  private Study study(
      Stopwatch watch, Map<String, Object> settings, int n, Map<Checkpoints.Entry, Found> found) {
    List<Study.State> states = new ArrayList<>();
    found.forEach(
        (entry, numbers) ->
            states.add(Study.State.of(entry, numbers.trace(), numbers.measurements(), design)));
    return new Study(
        Study.FORMAT,
        commandLine,
        watch.seconds(),
        settings,
        Machine.facts(),
        Machine.versions(),
        checkpoints.network(),
        layers(Architecture.of(checkpoints.network()).build()).size(),
        n,
        states);
  }

  private String written(Study study, Map<Checkpoints.Entry, Found> found, Path folder)
      throws IOException {
    Map<String, List<Measurement>> measurements = new LinkedHashMap<>();
    found.forEach((entry, numbers) -> measurements.put(entry.file(), numbers.measurements()));
    OutputFiles.text(folder.resolve("study.json"), Json.of(study) + "\n");
    OutputFiles.text(folder.resolve("study.csv"), StudyText.csv(study.states(), measurements));
    List<String> pictures = new ArrayList<>();
    for (Map.Entry<String, Figure> figure : StudyFigures.of(study).entrySet()) {
      Path stem = folder.resolve(figure.getKey());
      pictures.add(OutputFiles.figure(stem, figure.getValue()).get(0).toString());
    }
    return output.json()
        ? Json.of(study)
        : String.join(
            System.lineSeparator(),
            new StudyText(study).toString(),
            "",
            "figures: " + String.join(", ", pictures));
  }
}
