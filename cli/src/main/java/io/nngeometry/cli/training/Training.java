package io.nngeometry.cli.training;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Module;
import io.nngeometry.train.Loss;
import io.nngeometry.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;

/** Trains a classifier, and keeps what a training curve shows. */
public final class Training {
  private static final int SOME = 256;
  private static final double NANOS = 1e9;

  private final Module net;
  private final int classAxis;
  private final TrainingData data;
  private final TrainingSettings settings;
  private final Milestones milestones;
  private final Optional<Keeper> keeper;
  private final BooleanSupplier interrupted;
  private final Progress progress;
  private final List<TrainingHistory.Epoch> epochs = new ArrayList<>();
  private final long perEpoch;
  private final long steps;
  private final long started = System.nanoTime();
  private double secondsBefore;
  private double latestAccuracy;

  private Training(
      Module net,
      int classAxis,
      TrainingData data,
      TrainingSettings settings,
      Milestones milestones,
      Optional<Keeper> keeper,
      BooleanSupplier interrupted,
      Progress progress) {
    this.net = net;
    this.classAxis = classAxis;
    this.data = data;
    this.settings = settings;
    this.milestones = milestones;
    this.keeper = keeper;
    this.interrupted = interrupted;
    this.progress = progress;
    perEpoch = (data.train().size() + settings.batch() - 1L) / settings.batch();
    steps = perEpoch * settings.epochs();
  }

  /**
   * Draws the parameters of {@code net} anew and trains them.
   *
   * @param classAxis where the classes stand in its outputs
   */
  public static TrainingHistory run(
      Module net, int classAxis, TrainingData data, TrainingSettings settings, Progress progress) {
    return run(
        net,
        classAxis,
        data,
        settings,
        Milestones.DEFAULT,
        Optional.empty(),
        () -> false,
        progress);
  }

  /**
   * The same, looked at on the way.
   *
   * @param keeper keeps states, and knows where to go on; else the training begins anew and keeps
   *     nothing
   * @param interrupted whether to stop
   * @throws StoppedException if it was, once the state is saved
   */
  public static TrainingHistory run(
      Module net,
      int classAxis,
      TrainingData data,
      TrainingSettings settings,
      Milestones milestones,
      Optional<Keeper> keeper,
      BooleanSupplier interrupted,
      Progress progress) {
    return new Training(net, classAxis, data, settings, milestones, keeper, interrupted, progress)
        .run();
  }

  private TrainingHistory run() {
    net.initialize(settings.seed()).eval();
    Optional<Keeper.Saved> saved = keeper.flatMap(Keeper::saved);
    saved.ifPresent(
        s -> {
          epochs.addAll(s.epochs());
          secondsBefore = s.seconds();
          latestAccuracy = epochs.get(epochs.size() - 1).testAccuracy();
        });
    if (saved.isEmpty()) {
      evaluate(0);
    }
    if (steps > 0) {
      try (Progress.Task task = progress.start("training", steps)) {
        Trainer.of(Loss.crossEntropy(classAxis))
            .optimizer(settings.optimizer())
            .schedule(settings.schedule(perEpoch, steps))
            .epochs(settings.epochs())
            .batchSize(settings.batch())
            .seed(settings.seed())
            .augmentation(settings.augmentation(settings.crop() > 0 ? darkest() : 0))
            .resuming(saved.map(Keeper.Saved::state).orElse(Map.of()))
            .listener(now -> after(now, task))
            .train(net, data.trainingSet());
      }
    }
    return new TrainingHistory(epochs, seconds());
  }

  private double seconds() {
    return secondsBefore + (System.nanoTime() - started) / NANOS;
  }

  /** What comes in at the border of a shifted image. */
  private double darkest() {
    try (Scope scope = Scope.open()) {
      Tensor some = data.train().take(Math.min(SOME, data.train().size())).inputs();
      return Tensors.item(some.min());
    }
  }

  private void after(io.nngeometry.train.Progress now, Progress.Task task) {
    long step = now.step() + 1;
    boolean look = step % perEpoch == 0 || (milestones.isDue(step) && isLookingOut());
    if (look) {
      evaluate(step);
    }
    boolean stop = interrupted.getAsBoolean();
    keeper
        .filter(k -> look || stop || k.isDue())
        .ifPresent(k -> k.save(now::state, epochs, seconds()));
    if (stop) {
      throw new StoppedException(step);
    }
    task.at(
        step,
        String.format(
            Locale.ROOT, "loss %.3f, right %s", now.loss(), Numbers.percent(latestAccuracy)));
  }

  /** Whether there are thresholds yet to be passed, or none at all. */
  private boolean isLookingOut() {
    return milestones.thresholds().isEmpty() || keeper.map(Keeper::isLookingOut).orElse(true);
  }

  private void evaluate(long step) {
    boolean wasTraining = net.isTraining();
    net.eval();
    boolean last = step == steps;
    Score test =
        Score.of(net, data.test(), last ? data.test().size() : milestones.evaluateOn(), classAxis);
    latestAccuracy = test.accuracy();
    int epoch = (int) (step / perEpoch);
    boolean ended = step % perEpoch == 0;
    if (ended) {
      Score train = Score.of(net, data.train(), milestones.evaluateOn(), classAxis);
      epochs.add(
          new TrainingHistory.Epoch(
              epoch, train.loss(), test.loss(), train.accuracy(), test.accuracy()));
    }
    int every = milestones.keepEvery();
    boolean anyway = step == 0 || last || (ended && every > 0 && epoch % every == 0);
    keeper.ifPresent(k -> k.look(net, epoch, step, test.accuracy(), anyway, progress));
    if (wasTraining) {
      net.train();
    }
  }
}
