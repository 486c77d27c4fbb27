package io.nngeometry.cli.training;

import io.nngeometry.train.Schedule;
import java.util.List;

/** How the learning rate changes during training. */
public enum ScheduleKind {
  /** It rises for one epoch, then falls to zero along half a cosine. */
  COSINE {
    @Override
    Schedule of(double rate, List<Double> decayAt, double decay, long perEpoch, long steps) {
      // the rise keeps the first steps, whose gradients are the greatest, from ending it all
      return Schedule.cosine(rate, 0, Math.max(1, steps - perEpoch)).afterWarmup(perEpoch);
    }
  },

  /** It is multiplied by a factor at some parts of the training (He et al. 2016, section 4.2). */
  STEPS {
    @Override
    Schedule of(double rate, List<Double> decayAt, double decay, long perEpoch, long steps) {
      return Schedule.milestones(
          rate, decayAt.stream().map(part -> Math.round(part * steps)).toList(), decay);
    }
  },

  /** It stays. */
  CONSTANT {
    @Override
    Schedule of(double rate, List<Double> decayAt, double decay, long perEpoch, long steps) {
      return Schedule.constant(rate);
    }
  };

  abstract Schedule of(double rate, List<Double> decayAt, double decay, long perEpoch, long steps);
}
