package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import io.nngeometry.nn.Module;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private static final String MODEL = "model/";
  private static final String OPTIMIZER = "optimizer/";
  private static final String LOSSES = "losses";

  /** Spreads step numbers over all bits of a seed. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Loss loss;
  private final Optimizer optimizer;
  private final Schedule schedule;
  private final int epochs;
  private final long batchSize;
  private final long seed;
  private final Augmentation augmentation;
  private final Map<String, Tensor> from;
  private final Consumer<Progress> listener;

  private Trainer(
      Loss loss,
      Optimizer optimizer,
      Schedule schedule,
      int epochs,
      long batchSize,
      long seed,
      Augmentation augmentation,
      Map<String, Tensor> from,
      Consumer<Progress> listener) {
    this.loss = loss;
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.epochs = epochs;
    this.batchSize = batchSize;
    this.seed = seed;
    this.augmentation = augmentation;
    this.from = from;
    this.listener = listener;
  }

  /** One epoch of Adam at rate 0.001 in minibatches of 64. */
  public static Trainer of(Loss loss) {
    return new Trainer(
        loss,
        new Adam(),
        Schedule.constant(1e-3),
        1,
        64,
        0,
        Augmentation.NONE,
        Map.of(),
        progress -> {});
  }

  /** How gradients become steps. */
  public Trainer optimizer(Optimizer value) {
    return new Trainer(
        loss, value, schedule, epochs, batchSize, seed, augmentation, from, listener);
  }

  /** The learning rates. */
  public Trainer schedule(Schedule value) {
    return new Trainer(
        loss, optimizer, value, epochs, batchSize, seed, augmentation, from, listener);
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
    return new Trainer(
        loss, optimizer, schedule, value, batchSize, seed, augmentation, from, listener);
  }

  /** Examples of a minibatch; the last one of an epoch may be smaller. */
  public Trainer batchSize(long value) {
    if (value < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, got " + value);
    }
    return new Trainer(
        loss, optimizer, schedule, epochs, value, seed, augmentation, from, listener);
  }

  /** Where the shuffling starts: the same seed gives the same order. */
  public Trainer seed(long value) {
    return new Trainer(
        loss, optimizer, schedule, epochs, batchSize, value, augmentation, from, listener);
  }

  /** What is done to the inputs of a minibatch at random. */
  public Trainer augmentation(Augmentation value) {
    return new Trainer(loss, optimizer, schedule, epochs, batchSize, seed, value, from, listener);
  }

  /**
   * Goes on with a training of the same options, model and data, where it gave {@code state}: what
   * follows is bit for bit what would have followed. Every random number is one of the seed and the
   * step, so that nothing else needs to be kept.
   *
   * @param state what {@link Progress#state} gave; empty to begin at the beginning
   */
  public Trainer resuming(Map<String, Tensor> state) {
    return new Trainer(
        loss,
        optimizer,
        schedule,
        epochs,
        batchSize,
        seed,
        augmentation,
        Map.copyOf(state),
        listener);
  }

  /** Is called after every minibatch. */
  public Trainer listener(Consumer<Progress> value) {
    return new Trainer(
        loss, optimizer, schedule, epochs, batchSize, seed, augmentation, from, value);
  }

  /**
   * Trains all parameters of {@code model} and leaves it in evaluation mode, whatever happens.
   *
   * @param inputs (N, ...)
   * @param targets (N, ...)
   * @throws IllegalArgumentException if the state to resume from is another model's or optimiser's
   * @throws DivergedException if a loss is not finite
   */
  public History train(Module model, Tensor inputs, Tensor targets) {
    return train(model, TrainingSet.of(inputs, targets));
  }

  /** The same on examples that need not be in memory as the model takes them. */
  public History train(Module model, TrainingSet data) {
    model.train();
    try (Optimizer.Run run = optimizer.start(List.copyOf(model.namedParameters().values()));
        GradMode on = GradMode.enabled()) {
      Loop loop = new Loop(model, data, run);
      loop.load(from);
      return loop.run();
    } finally {
      model.eval();
    }
  }

  /** One training. */
  private final class Loop {
    private final Module model;
    private final TrainingSet data;
    private final Optimizer.Run run;
    private final List<Parameter> parameters;
    private final long examples;
    private final long batches;
    private final List<Double> losses = new ArrayList<>();

    Loop(Module model, TrainingSet data, Optimizer.Run run) {
      this.model = model;
      this.data = data;
      this.run = run;
      parameters = List.copyOf(model.namedParameters().values());
      examples = data.size();
      batches = (examples + batchSize - 1) / batchSize;
    }

    /** Takes the place of all that {@link #state} names. */
    void load(Map<String, Tensor> state) {
      if (state.isEmpty()) {
        return;
      }
      Tensor before = state.get(LOSSES);
      if (before == null || before.numel() > epochs * batches) {
        throw new IllegalArgumentException(
            "this is no state of a training of at most %d steps".formatted(epochs * batches));
      }
      model.load(part(state, MODEL));
      run.load(part(state, OPTIMIZER));
      for (double value : Tensors.toArray(before)) {
        losses.add(value);
      }
    }

    private Map<String, Tensor> state() {
      Map<String, Tensor> state = new LinkedHashMap<>();
      model.state().forEach((name, t) -> state.put(MODEL + name, t));
      run.state().forEach((name, t) -> state.put(OPTIMIZER + name, t));
      double[] values = losses.stream().mapToDouble(Double::doubleValue).toArray();
      state.put(LOSSES, Tensors.of(values, values.length));
      return state;
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
        long step = epoch * batches + batch;
        if (step < losses.size()) {
          sum += losses.get(Math.toIntExact(step)) * count;
          continue; // taken before the training was resumed
        }
        double rate = schedule.at(step);
        double value = minibatch(order, start, count, epoch, rate);
        losses.add(value);
        sum += value * count;
        long seen = epoch * examples + start + count;
        long all = epochs * examples;
        listener.accept(
            new Progress(epoch, epochs, batch, batches, step, value, rate, seen, all, this::state));
      }
      return sum / examples;
    }

    private double minibatch(Tensor order, long start, long count, int epoch, double rate) {
      try (Scope scope = Scope.open()) {
        Tensor chosen = order.narrow(0, start, count);
        SplittableRandom chance = new SplittableRandom(seed ^ (GOLDEN * (losses.size() + 1L)));
        model.restartChance(chance.nextLong());
        Tensor x = augmentation.of(data.inputs(chosen), chance.nextLong());
        Tensor output = model.forward(x);
        Tensor mean = loss.of(output, data.targets(chosen));
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

  private static Map<String, Tensor> part(Map<String, Tensor> state, String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    state.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), t);
          }
        });
    return part;
  }
}
