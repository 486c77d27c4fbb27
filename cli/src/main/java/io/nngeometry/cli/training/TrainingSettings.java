package io.nngeometry.cli.training;

import io.nngeometry.train.Augmentation;
import io.nngeometry.train.Optimizer;
import io.nngeometry.train.Schedule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How a network is trained.
 *
 * @param epochs times that every image is seen
 * @param optimiser what makes a step of a gradient
 * @param learningRate the greatest
 * @param schedule how it changes
 * @param decayAt with steps: the parts of the training after which it falls
 * @param decay with steps: the factor by which it falls
 * @param momentum of SGD
 * @param weightDecay pull of the parameters towards zero
 * @param batch images per step
 * @param crop pixels by which images are shifted at random, at the most
 * @param flip whether images are mirrored left to right at random
 * @param seed of the initial parameters, the order of the images and their changes
 */
public record TrainingSettings(
    int epochs,
    OptimiserKind optimiser,
    double learningRate,
    ScheduleKind schedule,
    List<Double> decayAt,
    double decay,
    double momentum,
    double weightDecay,
    int batch,
    int crop,
    boolean flip,
    long seed) {
  /** Copies. */
  public TrainingSettings {
    decayAt = List.copyOf(decayAt);
  }

  Optimizer optimizer() {
    return optimiser.with(momentum, weightDecay);
  }

  Schedule schedule(long perEpoch, long steps) {
    return schedule.of(learningRate, decayAt, decay, perEpoch, steps);
  }

  /** The random changes of images whose background is {@code black}. */
  Augmentation augmentation(double black) {
    Augmentation shifted = crop > 0 ? Augmentation.randomCrop(crop, black) : Augmentation.NONE;
    return flip ? shifted.then(Augmentation.horizontalFlip()) : shifted;
  }

  /** Every setting but the seed, by its option's name. */
  public Map<String, Object> options() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("epochs", epochs);
    all.put("optimiser", optimiser.name().toLowerCase(Locale.ROOT));
    all.put("lr", learningRate);
    all.put("schedule", schedule.name().toLowerCase(Locale.ROOT));
    if (schedule == ScheduleKind.STEPS) {
      all.put("decay-at", decayAt);
      all.put("decay", decay);
    }
    all.put("momentum", momentum);
    all.put("weight-decay", weightDecay);
    all.put("train-batch", batch);
    all.put("crop", crop);
    all.put("flip", flip);
    return all;
  }
}
