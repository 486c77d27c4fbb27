package io.nngeometry.cli;

import io.nngeometry.cli.training.TrainingData;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/**
 * Which network a comparison, a spectrum or a solve is about, and on which examples: one that is
 * given, or one by name, which is trained first.
 */
final class SubjectOptions {
  private static final int QUICK = 150;

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private LimitOptions limits;

  /** The network. */
  ModelOptions model() {
    return model;
  }

  /** The examples. */
  DataOptions data() {
    return data;
  }

  /** What may be taken. */
  LimitOptions limits() {
    return limits;
  }

  /** Type of matrices and products. */
  FloatType dtype() {
    return model.dtype(FloatType.FLOAT64);
  }

  /** Seed of everything random. */
  long seed() {
    return data.seed();
  }

  /** How many examples to read at the most, where {@code usual} are. */
  static int most(boolean quick, int usual) {
    return quick ? Math.min(QUICK, usual) : usual;
  }

  /** A matrix of the network on the examples. */
  MatrixSource source(FisherOptions fisher, MatrixKind kind) {
    return new MatrixSource(model, data, fisher, limits, kind);
  }

  /**
   * Reads network and examples; nothing is trained yet.
   *
   * @param metric what the outputs are
   * @param quick whether little is asked for
   */
  Subject open(MetricKind metric, boolean quick) throws IOException {
    return model.isDrawn() ? toBeTrained(quick) : given(metric, quick, null);
  }

  /**
   * The network of a run that was interrupted: a trained one has its weights in {@code weights}.
   */
  Subject reopen(MetricKind metric, boolean quick, Path weights) throws IOException {
    if (!model.isDrawn()) {
      return given(metric, quick, null);
    }
    Subject found = given(metric, quick, weights);
    return new Subject(
        found.loaded(), Optional.empty(), Optional.empty(), Weights.accuracy(weights));
  }

  private Subject given(MetricKind metric, boolean quick, @Nullable Path weights)
      throws IOException {
    int most = most(quick, Integer.MAX_VALUE);
    try (Dataset read = weights == null ? data.load(data.part(), most, dtype()) : heldOut(quick)) {
      Network network = model.load(data.seed(), dtype(), weights, read.shape());
      NetworkAndData loaded = new NetworkAndData(network, read.as(network.dtype().type()));
      return new Subject(
          loaded,
          Optional.empty(),
          Optional.empty(),
          metric == MetricKind.CATEGORICAL ? accuracy(loaded) : OptionalDouble.empty());
    }
  }

  private Dataset heldOut(boolean quick) throws IOException {
    Dataset read = data.load(data.part(Part.TEST), most(quick, Integer.MAX_VALUE), dtype());
    data.checkRead(read);
    return read;
  }

  private Subject toBeTrained(boolean quick) throws IOException {
    TrainingSettings how = training.settings(quick, data.seed());
    TrainingData lesson = lesson();
    Network network = model.untrained(dtype(), lesson.train().shape(), lesson.classes());
    try (Dataset looked = heldOut(quick)) {
      return new Subject(
          new NetworkAndData(network, looked.as(network.dtype().type())),
          Optional.of(new Subject.Lesson((Module) network.model(), lesson, how)),
          Optional.empty(),
          OptionalDouble.empty());
    }
  }

  private TrainingData lesson() throws IOException {
    try {
      return new TrainingData(
          data.whole(Part.TRAIN, FloatType.FLOAT32), data.whole(Part.TEST, FloatType.FLOAT32));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "--data %s: %s to train a network on them; give its --weights, or a FILE.pt2 as --model"
              .formatted(data.source(), e.getMessage()),
          e);
    }
  }

  /** Every setting as it holds, by its option's name, but for the matrix. */
  Map<String, Object> settings(Subject subject, boolean quick) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", subject.network().name());
    data.addTo(all, subject.loaded().dataset());
    all.put("dtype", subject.network().dtype().toString());
    if (model.isDrawn()) {
      all.put("split", data.part(Part.TEST).toString());
      all.putAll(training.settings(quick, data.seed()).options());
    } else {
      model.weights().ifPresent(file -> all.put("weights", file.toString()));
    }
    return all;
  }

  /** The share of the examples that have labels, and the right one has the greatest output. */
  private OptionalDouble accuracy(NetworkAndData loaded) {
    long[] counts = new long[2];
    try (GradMode none = GradMode.disabled()) {
      loaded
          .dataset()
          .examples()
          .batches(data.batch())
          .forEach(batch -> count(loaded.network(), batch, counts));
    }
    return counts[1] == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) counts[0] / counts[1]);
  }

  private static void count(Network network, Minibatch batch, long[] counts) {
    try (Scope scope = Scope.open()) {
      Tensor outputs = network.model().forward(batch.inputs().toArray(Tensor[]::new));
      Optional<Tensor> labels =
          batch.labels().filter(t -> Tensors.type(t) == ScalarType.Long && outputs.dim() > 1);
      if (labels.isPresent()) {
        Tensor guesses = outputs.argmax(new LongOptional(network.classAxis()), false);
        if (Arrays.equals(Tensors.shape(guesses), Tensors.shape(labels.get()))) {
          counts[0] += (long) Tensors.item(guesses.eq(labels.get()).sum());
          counts[1] += guesses.numel();
        }
      }
    }
  }
}
