package io.nngeometry.cli;

import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.cli.training.Keeper;
import io.nngeometry.cli.training.Milestones;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which states of a training are kept, and whether an interrupted one is gone on with. */
final class CheckpointOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description =
          "Keep states of the network in DIR: the initial one, those of --thresholds and"
              + " --keep-every, and the last; and what --resume needs.")
  private @Nullable Path folder;

  @Option(
      names = "--thresholds",
      paramLabel = "ACCURACY",
      split = ",",
      description =
          "With --checkpoints: keep the first state whose accuracy on held-out images exceeds each"
              + " of these, as in .1,.2,.3,.4,.5.")
  private List<Double> thresholds = List.of();

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      defaultValue = "0",
      description =
          "Measure the accuracy every so many steps too, until all thresholds are passed, and not"
              + " only after each epoch. Default: ${DEFAULT-VALUE}, never.")
  private int evaluateEvery;

  @Option(
      names = "--evaluate-on",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "Images that these measurements use at the most, the first ones of a part; the last one"
              + " uses all held-out images. Default: ${DEFAULT-VALUE}.")
  private int evaluateOn;

  @Option(
      names = "--keep-every",
      paramLabel = "EPOCHS",
      defaultValue = "0",
      description =
          "With --checkpoints: keep the state after every so many epochs. Default:"
              + " ${DEFAULT-VALUE}, never.")
  private int keepEvery;

  @Option(
      names = "--resume",
      description =
          "Go on with the training that was interrupted in --checkpoints, to the same weights; the"
              + " options must be the same. Where there is none, begin.")
  private boolean resume;

  /** When to look at the network; checked. */
  Milestones milestones() {
    Check check = new Check(spec.commandLine());
    if (folder == null && (resume || keepEvery > 0 || !thresholds.isEmpty())) {
      throw new ParameterException(
          spec.commandLine(),
          "%s needs --checkpoints DIR"
              .formatted(resume ? "--resume" : keepEvery > 0 ? "--keep-every" : "--thresholds"));
    }
    return new Milestones(
        (int) check.atLeast("--evaluate-every", evaluateEvery, 0),
        (int) check.atLeast("--evaluate-on", evaluateOn, 1),
        thresholds.stream().map(t -> check.belowOne("--thresholds", t)).toList(),
        (int) check.atLeast("--keep-every", keepEvery, 0));
  }

  /** What keeps the states, if that is asked for. */
  Optional<Keeper> keeper(
      Architecture network, Map<String, Object> data, Map<String, Object> training)
      throws IOException {
    if (folder == null) {
      return Optional.empty();
    }
    Path into = OutputFiles.directory("--checkpoints", folder);
    Milestones milestones = milestones();
    Map<String, Object> settings = new LinkedHashMap<>(network.metadata());
    settings.putAll(data);
    settings.putAll(training);
    settings.put("thresholds", milestones.thresholds());
    settings.put("evaluate-every", evaluateEvery);
    settings.put("evaluate-on", evaluateOn);
    settings.put("keep-every", keepEvery);
    if (resume && Keeper.isIn(into)) {
      return Optional.of(Keeper.resumed(into, milestones.thresholds(), settings));
    }
    Map<String, String> texts = new LinkedHashMap<>();
    data.forEach((name, value) -> texts.put(name, value.toString()));
    return Optional.of(
        Keeper.fresh(
            Checkpoints.none(into, network.metadata(), texts), milestones.thresholds(), settings));
  }

  /** The folder of the states, if there is one. */
  Optional<Path> folder() {
    return Optional.ofNullable(folder);
  }
}
