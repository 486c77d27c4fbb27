package io.nngeometry.cli;

import io.nngeometry.cli.compare.Results;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.models.data.TrainTest;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A network that knows the digits.
 *
 * @param kind which one
 * @param net the network
 * @param history how it was trained; absent if its weights were given
 * @param accuracy share of the held-out images that it classifies rightly
 */
record Classifier(
    NetworkKind kind, Module net, Optional<TrainingHistory> history, double accuracy) {

  /** Trains one. */
  static Classifier trained(
      NetworkKind kind, TrainTest digits, TrainingSettings settings, Progress progress) {
    Module net = kind.forDigits();
    TrainingHistory history = Training.run(net, digits, settings, progress);
    return new Classifier(kind, net, Optional.of(history), history.last().testAccuracy());
  }

  /** Reads one's weights. */
  static Classifier loaded(NetworkKind kind, TrainTest digits, Path weights) throws IOException {
    Module net = kind.forDigits();
    Weights.load(weights, kind, net);
    return new Classifier(kind, net, Optional.empty(), Training.accuracy(net, digits.test()));
  }

  /** Where it came from, by option. */
  static Map<String, Object> settings(TrainingSettings training, @Nullable Path weights) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (weights != null) {
      all.put("weights", weights.toString());
    } else {
      all.putAll(training.options());
    }
    return all;
  }

  /** What the results say of it. */
  Results.Network facts() {
    LayerCollection layers = LayerCollection.of(net);
    return new Results.Network(
        kind.word(),
        layers.size(),
        layers.layers().stream().map(Layer::toString).toList(),
        accuracy);
  }
}
