package io.nngeometry.cli.training;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.LabelledImages;
import io.nngeometry.models.data.TrainTest;
import io.nngeometry.nn.Module;
import io.nngeometry.train.Accuracy;
import io.nngeometry.train.Loss;
import io.nngeometry.train.Schedule;
import io.nngeometry.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Trains a classifier of images, and keeps what a training curve shows. */
public final class Training {
  private static final int ACCURACY_BATCH = 512;
  private static final double NANOS = 1e9;

  private final Module net;
  private final TrainTest data;
  private final TrainingSettings settings;
  private final List<TrainingHistory.Epoch> epochs = new ArrayList<>();

  private Training(Module net, TrainTest data, TrainingSettings settings) {
    this.net = net;
    this.data = data;
    this.settings = settings;
  }

  /** Draws the parameters of {@code net} anew and trains them. */
  public static TrainingHistory run(
      Module net, TrainTest data, TrainingSettings settings, Progress progress) {
    return new Training(net, data, settings).run(progress);
  }

  /** The share of {@code data} that {@code net} classifies rightly. */
  public static double accuracy(Module net, LabelledImages data) {
    return Accuracy.of(net, data.images(), data.labels(), ACCURACY_BATCH);
  }

  private TrainingHistory run(Progress progress) {
    long started = System.nanoTime();
    net.initialize(settings.seed()).eval();
    evaluate(0);
    long perEpoch = (data.train().size() + settings.batch() - 1L) / settings.batch();
    long steps = perEpoch * settings.epochs();
    if (steps > 0) {
      try (Progress.Task task = progress.start("training", steps)) {
        Trainer.of(Loss.crossEntropy())
            .optimizer(settings.optimizer())
            .schedule(schedule(perEpoch, steps))
            .epochs(settings.epochs())
            .batchSize(settings.batch())
            .seed(settings.seed())
            .listener(
                now -> {
                  if (now.batch() == now.batches() - 1) {
                    evaluate(now.epoch() + 1);
                  }
                  task.at(now.step() + 1, note(now.loss()));
                })
            .train(net, data.train().images(), data.train().labels());
      }
    }
    return new TrainingHistory(epochs, (System.nanoTime() - started) / NANOS);
  }

  /** The rise keeps the first steps, whose gradients are the greatest, from ending it all. */
  private Schedule schedule(long perEpoch, long steps) {
    return Schedule.cosine(settings.learningRate(), 0, Math.max(1, steps - perEpoch))
        .afterWarmup(perEpoch);
  }

  private String note(double loss) {
    double accuracy = epochs.get(epochs.size() - 1).testAccuracy();
    return String.format(Locale.ROOT, "loss %.3f, right %s", loss, Numbers.percent(accuracy));
  }

  private void evaluate(int epoch) {
    boolean wasTraining = net.isTraining();
    net.eval();
    epochs.add(
        new TrainingHistory.Epoch(
            epoch,
            loss(data.train()),
            loss(data.test()),
            accuracy(net, data.train()),
            accuracy(net, data.test())));
    if (wasTraining) {
      net.train();
    }
  }

  private double loss(LabelledImages images) {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      return Tensors.item(Loss.crossEntropy().of(net.forward(images.images()), images.labels()));
    }
  }
}
