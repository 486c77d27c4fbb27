package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import io.nngeometry.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains a model on shuffled minibatches. A trainer is a value, and may run any number of times.
 *
 * <pre>{@code
 * History history =
 *     Trainer.of(Loss.crossEntropy())
 *         .optimizer(new SGD().momentum(0.9))
 *         .schedule(Schedule.cosine(0.1, 0, 10 * 600).afterWarmup(100))
 *         .epochs(10)
 *         .batchSize(100)
 *         .seed(1)
 *         .train(model, images, labels);
 * }</pre>
 */
public final class Trainer {
  private final Loss loss;
  private final Optimizer optimizer;
  private final Schedule schedule;
  private final int epochs;
  private final long batchSize;
  private final long seed;
  private final Consumer<Progress> listener;

  private Trainer(
      Loss loss,
      Optimizer optimizer,
      Schedule schedule,
      int epochs,
      long batchSize,
      long seed,
      Consumer<Progress> listener) {
    this.loss = loss;
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.epochs = epochs;
    this.batchSize = batchSize;
    this.seed = seed;
    this.listener = listener;
  }

  /** One epoch of Adam at rate 0.001 in minibatches of 64. */
  public static Trainer of(Loss loss) {
    return new Trainer(loss, new Adam(), Schedule.constant(1e-3), 1, 64, 0, progress -> {});
  }

  /** How gradients become steps. */
  public Trainer optimizer(Optimizer value) {
    return new Trainer(loss, value, schedule, epochs, batchSize, seed, listener);
  }

  /** The learning rates. */
  public Trainer schedule(Schedule value) {
    return new Trainer(loss, optimizer, value, epochs, batchSize, seed, listener);
  }

  /** A constant learning rate. */
  public Trainer learningRate(double value) {
    return schedule(Schedule.constant(value));
  }

  /** How often every example is seen. */
  public Trainer epochs(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("epochs must be at least 0, got " + value);
    }
    return new Trainer(loss, optimizer, schedule, value, batchSize, seed, listener);
  }

  /** Examples of a minibatch; the last one of an epoch may be smaller. */
  public Trainer batchSize(long value) {
    if (value < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, got " + value);
    }
    return new Trainer(loss, optimizer, schedule, epochs, value, seed, listener);
  }

  /** Where the shuffling starts: the same seed gives the same order. */
  public Trainer seed(long value) {
    return new Trainer(loss, optimizer, schedule, epochs, batchSize, value, listener);
  }

  /** Is called after every minibatch. */
  public Trainer listener(Consumer<Progress> value) {
    return new Trainer(loss, optimizer, schedule, epochs, batchSize, seed, value);
  }

  /**
   * Trains all parameters of {@code model} and leaves it in evaluation mode, whatever happens.
   *
   * @param inputs (N, ...)
   * @param targets (N, ...)
   * @throws DivergedException if a loss is not finite
   */
  public History train(Module model, Tensor inputs, Tensor targets) {
    long examples = inputs.size(0);
    if (examples == 0 || targets.size(0) != examples) {
      throw new IllegalArgumentException(
          "%d inputs and %d targets".formatted(examples, targets.size(0)));
    }
    model.train();
    try (Optimizer.Run run = optimizer.start(List.copyOf(model.namedParameters().values()));
        GradMode on = GradMode.enabled()) {
      return new Loop(model, inputs, targets, run).run();
    } finally {
      model.eval();
    }
  }

  /** One training. */
  private final class Loop {
    private final Module model;
    private final Tensor inputs;
    private final Tensor targets;
    private final Optimizer.Run run;
    private final List<Parameter> parameters;
    private final long examples;
    private final long batches;
    private final List<Double> losses = new ArrayList<>();

    Loop(Module model, Tensor inputs, Tensor targets, Optimizer.Run run) {
      this.model = model;
      this.inputs = inputs;
      this.targets = targets;
      this.run = run;
      parameters = List.copyOf(model.namedParameters().values());
      examples = inputs.size(0);
      batches = (examples + batchSize - 1) / batchSize;
    }

    History run() {
      SplittableRandom random = new SplittableRandom(seed);
      List<Double> epochLosses = new ArrayList<>();
      for (int epoch = 0; epoch < epochs; epoch++) {
        try (Scope scope = Scope.open()) {
          epochLosses.add(epoch(epoch, shuffled(random.nextLong())));
        }
      }
      return new History(losses, epochLosses);
    }

    private Tensor shuffled(long seed) {
      return torch.randperm(
          examples,
          new GeneratorOptional(Tensors.generator(seed)),
          Tensors.options(ScalarType.Long));
    }

    /** The mean loss over the examples. */
    private double epoch(int epoch, Tensor order) {
      double sum = 0;
      for (long batch = 0; batch < batches; batch++) {
        long start = batch * batchSize;
        long count = Math.min(batchSize, examples - start);
        long step = losses.size();
        double rate = schedule.at(step);
        double value = minibatch(order, start, count, epoch, rate);
        losses.add(value);
        sum += value * count;
        long seen = epoch * examples + start + count;
        listener.accept(
            new Progress(
                epoch, epochs, batch, batches, step, value, rate, seen, epochs * examples));
      }
      return sum / examples;
    }

    private double minibatch(Tensor order, long start, long count, int epoch, double rate) {
      try (Scope scope = Scope.open()) {
        Tensor chosen = order.narrow(0, start, count);
        Tensor output = model.forward(inputs.index_select(0, chosen));
        Tensor mean = loss.of(output, targets.index_select(0, chosen));
        double value = Tensors.item(mean.detach());
        if (!Double.isFinite(value)) {
          throw new DivergedException(value, epoch, start / batchSize, losses.size(), rate);
        }
        List<Tensor> leaves = parameters.stream().map(Parameter::tensor).toList();
        run.step(Tensors.gradients(mean, torch.ones_like(mean), leaves, false), rate);
        return value;
      }
    }
  }
}
