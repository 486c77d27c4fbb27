package io.nngeometry.cli;

import io.nngeometry.cli.training.OptimiserKind;
import io.nngeometry.cli.training.ScheduleKind;
import io.nngeometry.cli.training.TrainingSettings;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a network is trained. */
final class TrainingOptions {
  private static final int EPOCHS = 15;
  private static final int QUICK_EPOCHS = 5;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Times that every image is seen; 0 leaves the network as drawn. Default: 15.")
  private @Nullable Integer epochs;

  @Option(
      names = "--optimiser",
      paramLabel = "NAME",
      defaultValue = "sgd",
      description = "sgd or adam. Default: ${DEFAULT-VALUE}.")
  private OptimiserKind optimiser;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Greatest learning rate. Default: 0.05 (sgd), 0.005 (adam).")
  private @Nullable Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      defaultValue = "cosine",
      description =
          "cosine: the learning rate rises for one epoch, then falls to zero along half a cosine."
              + " steps: it falls by --decay at --decay-at. constant. Default: ${DEFAULT-VALUE}.")
  private ScheduleKind schedule;

  @Option(
      names = "--decay-at",
      paramLabel = "PART",
      split = ",",
      defaultValue = "0.5,0.75",
      description =
          "Parts of the training after which the learning rate falls. Default: ${DEFAULT-VALUE}.")
  private List<Double> decayAt;

  @Option(
      names = "--decay",
      paramLabel = "FACTOR",
      defaultValue = "0.1",
      description = "What it is multiplied by then. Default: ${DEFAULT-VALUE}.")
  private double decay;

  @Option(
      names = "--crop",
      paramLabel = "PIXELS",
      defaultValue = "0",
      description =
          "Shift each image by up to so many pixels at random, as by a crop of the padded image."
              + " Default: ${DEFAULT-VALUE}.")
  private int crop;

  @Option(names = "--flip", description = "Mirror each image left to right, half of the time.")
  private boolean flip;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      defaultValue = "0.9",
      description = "Momentum of sgd. Default: ${DEFAULT-VALUE}.")
  private double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "W",
      defaultValue = "5e-4",
      description = "Pull of the parameters towards zero. Default: ${DEFAULT-VALUE}.")
  private double weightDecay;

  @Option(
      names = "--train-batch",
      paramLabel = "B",
      defaultValue = "32",
      description = "Images per training step. Default: ${DEFAULT-VALUE}.")
  private int batch;

  /** The settings, checked. */
  TrainingSettings settings(boolean quick, long seed) {
    Check check = new Check(spec.commandLine());
    OptimiserKind how = optimiser;
    return new TrainingSettings(
        (int) check.atLeast("--epochs", epochs != null ? epochs : quick ? QUICK_EPOCHS : EPOCHS, 0),
        how,
        check.positive("--lr", Objects.requireNonNullElse(learningRate, how.defaultLearningRate())),
        schedule,
        decayAt.stream().map(part -> check.belowOne("--decay-at", part)).toList(),
        check.positive("--decay", decay),
        check.belowOne("--momentum", momentum),
        check.notNegative("--weight-decay", weightDecay),
        (int) check.atLeast("--train-batch", batch, 1),
        (int) check.atLeast("--crop", crop, 0),
        flip,
        seed);
  }
}
