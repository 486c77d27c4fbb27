package io.nngeometry.cli;

import io.nngeometry.cli.training.Accuracy;
import io.nngeometry.cli.training.TrainingData;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
    return model.isDrawn() ? toBeTrained(quick) : given(metric, quick);
  }

  /**
   * The network of a run that was interrupted: a trained one has its weights in {@code weights}.
   */
  Subject reopen(MetricKind metric, boolean quick, Path weights) throws IOException {
    return model.isDrawn()
        ? given(loaded(heldOut(quick), weights), Weights.accuracy(weights))
        : given(metric, quick);
  }

  private Subject given(MetricKind metric, boolean quick) throws IOException {
    int most = most(quick, Integer.MAX_VALUE);
    NetworkAndData loaded = loaded(data.load(data.part(), most, dtype()), null);
    return given(
        loaded, metric == MetricKind.CATEGORICAL ? accuracy(loaded) : OptionalDouble.empty());
  }

  private static Subject given(NetworkAndData loaded, OptionalDouble accuracy) {
    return new Subject(loaded, Optional.empty(), Optional.empty(), accuracy);
  }

  /** The network that is given, or has these weights, and the data, which are closed. */
  private NetworkAndData loaded(Dataset data, @Nullable Path weights) throws IOException {
    try (data) {
      Network network = model.load(seed(), dtype(), weights, data.shape());
      return new NetworkAndData(network, data.as(network.dtype().type()));
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

  private OptionalDouble accuracy(NetworkAndData loaded) {
    Network network = loaded.network();
    return Accuracy.of(
        network.model(), network.classAxis(), loaded.dataset().examples().batches(data.batch()));
  }
}
