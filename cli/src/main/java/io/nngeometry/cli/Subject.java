package io.nngeometry.cli;

import io.nngeometry.cli.compare.Results;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingData;
import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.layers.Layer;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The network that a comparison, a spectrum or a solve is about, and the examples that it is looked
 * at on.
 *
 * @param loaded both
 * @param lesson what the network is yet to learn, if it is to be trained
 * @param history how it was trained; absent if it was given
 * @param accuracy share of the held-out examples, or of those looked at if the network was given,
 *     that it classifies rightly; absent if there are no labels, or its outputs are no classes
 */
record Subject(
    NetworkAndData loaded,
    Optional<Lesson> lesson,
    Optional<TrainingHistory> history,
    OptionalDouble accuracy)
    implements AutoCloseable {

  /**
   * A training that is yet to be done.
   *
   * @param net the network
   * @param data to train on, and to test with
   * @param how it is done
   */
  record Lesson(Module net, TrainingData data, TrainingSettings how) {}

  /** The network. */
  Network network() {
    return loaded.network();
  }

  /** The same once it is trained, if it is to be. The network is trained in place. */
  Subject ready(Progress progress) {
    Subject ready =
        lesson
            .map(
                todo -> {
                  TrainingHistory learnt =
                      Training.run(
                          todo.net(), network().classAxis(), todo.data(), todo.how(), progress);
                  todo.net().to(network().dtype().type());
                  return new Subject(
                      loaded,
                      lesson,
                      Optional.of(learnt),
                      OptionalDouble.of(learnt.last().testAccuracy()));
                })
            .orElse(this);
    ready.accuracy.ifPresent(
        share -> progress.say("right on held-out images: " + Numbers.percent(share)));
    return ready;
  }

  /** Writes the weights, unless they are in the file of the network itself. */
  void save(Path file) throws IOException {
    if (network().architecture().isPresent()) {
      Map<String, String> facts = new LinkedHashMap<>();
      accuracy.ifPresent(share -> facts.put(Weights.ACCURACY, Double.toString(share)));
      Weights.save(file, network().architecture().get(), (Module) network().model(), facts);
    }
  }

  /** What the results say of it. */
  Results.Network facts() {
    return new Results.Network(
        network().name(),
        network().layers().size(),
        network().layers().layers().stream().map(Layer::toString).toList(),
        accuracy);
  }

  @Override
  public void close() {
    lesson.ifPresent(todo -> todo.data().close());
    loaded.close();
  }
}
