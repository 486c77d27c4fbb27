package io.nngeometry.cli.training;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Keeps the states of a training in a folder: those that {@link Checkpoints} list, and in {@code
 * training.safetensors} the latest one, with all that it takes to go on from it.
 */
public final class Keeper {
  /** The file of the latest state. */
  public static final String STATE = "training.safetensors";

  private static final String CURVE = "curve";
  private static final String SECONDS = "seconds";
  private static final String SETTING = "setting.";
  private static final int COLUMNS = 5;
  private static final long NANOS_BETWEEN = 10_000_000_000L;

  /** Saving may take one part in so many of the time. */
  private static final int SHARE = 20;

  private final Map<String, String> settings;
  private final Optional<Saved> saved;
  private final Set<Double> open;
  private Checkpoints checkpoints;
  private long next = System.nanoTime() + NANOS_BETWEEN;

  private Keeper(
      Checkpoints checkpoints,
      List<Double> thresholds,
      Map<String, String> settings,
      Optional<Saved> saved) {
    this.checkpoints = checkpoints;
    this.settings = settings;
    this.saved = saved;
    open = new HashSet<>(thresholds);
    checkpoints.entries().forEach(e -> e.thresholds().forEach(open::remove));
  }

  /**
   * Where a training was interrupted.
   *
   * @param state what the trainer resumes from
   * @param epochs what its curve shows
   * @param seconds how long it has taken
   */
  record Saved(Map<String, Tensor> state, List<TrainingHistory.Epoch> epochs, double seconds) {}

  /**
   * Of a training from the beginning; what a former one left in the folder goes.
   *
   * @param none an empty list in the folder
   */
  public static Keeper fresh(
      Checkpoints none, List<Double> thresholds, Map<String, Object> settings) throws IOException {
    Path folder = none.folder();
    Files.deleteIfExists(folder.resolve(STATE));
    if (Checkpoints.isIn(folder)) {
      Checkpoints.read(folder).until(-1);
    }
    return new Keeper(none, thresholds, texts(settings), Optional.empty());
  }

  /** Whether {@code folder} has a training to go on with. */
  public static boolean isIn(Path folder) {
    return Checkpoints.isIn(folder) && Files.isRegularFile(folder.resolve(STATE));
  }

  /**
   * Of the training that was interrupted in {@code folder}. What it read ends with the enclosing
   * scope.
   *
   * @throws IOException if it was begun with other settings, or a file is none of ours
   */
  public static Keeper resumed(Path folder, List<Double> thresholds, Map<String, Object> settings)
      throws IOException {
    Map<String, String> texts = texts(settings);
    TensorFile file = Safetensors.read(folder.resolve(STATE));
    for (Map.Entry<String, String> setting : texts.entrySet()) {
      String before = file.metadata().getOrDefault(SETTING + setting.getKey(), "none");
      if (!before.equals(setting.getValue())) {
        throw new IOException(
            "--resume: the training in %s was begun with %s %s, not %s; give it the same options, or leave --resume out"
                .formatted(folder, setting.getKey(), before, setting.getValue()));
      }
    }
    Map<String, Tensor> state = new LinkedHashMap<>(file.tensors());
    Tensor curve = state.remove(CURVE);
    if (curve == null || !state.containsKey("losses")) {
      throw new IOException(
          "--resume: %s is no state of a training; leave --resume out to begin anew"
              .formatted(folder.resolve(STATE)));
    }
    double seconds = Double.parseDouble(file.metadata().getOrDefault(SECONDS, "0"));
    long steps = state.get("losses").numel();
    // what came after the state is made again
    Checkpoints kept = Checkpoints.read(folder).until(steps);
    return new Keeper(
        kept, thresholds, texts, Optional.of(new Saved(state, epochs(curve), seconds)));
  }

  private static Map<String, String> texts(Map<String, Object> settings) {
    Map<String, String> texts = new LinkedHashMap<>();
    settings.forEach((name, value) -> texts.put(name, String.valueOf(value)));
    return texts;
  }

  private static List<TrainingHistory.Epoch> epochs(Tensor curve) {
    double[] v = Tensors.toArray(curve);
    List<TrainingHistory.Epoch> epochs = new ArrayList<>();
    for (int k = 0; k + COLUMNS <= v.length; k += COLUMNS) {
      epochs.add(new TrainingHistory.Epoch((int) v[k], v[k + 1], v[k + 2], v[k + 3], v[k + 4]));
    }
    return epochs;
  }

  private static Tensor curve(List<TrainingHistory.Epoch> epochs) {
    double[] values =
        epochs.stream()
            .flatMapToDouble(
                e ->
                    java.util.stream.DoubleStream.of(
                        e.epoch(),
                        e.trainLoss(),
                        e.testLoss(),
                        e.trainAccuracy(),
                        e.testAccuracy()))
            .toArray();
    return Tensors.of(values, epochs.size(), COLUMNS);
  }

  /** The states that are kept. */
  public Checkpoints checkpoints() {
    return checkpoints;
  }

  /** Where to go on, if not at the beginning. */
  Optional<Saved> saved() {
    return saved;
  }

  /** Keeps {@code net} if it passes a threshold, or {@code anyway}. */
  void look(Module net, int epoch, long step, double accuracy, boolean anyway, Progress progress) {
    List<Double> passed = open.stream().filter(t -> accuracy > t).sorted().toList();
    if (passed.isEmpty() && !anyway) {
      return;
    }
    passed.forEach(open::remove);
    Checkpoints.Entry entry =
        new Checkpoints.Entry(
            "step-%07d.safetensors".formatted(step), epoch, step, accuracy, passed);
    try {
      checkpoints = checkpoints.with(entry, net);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    progress.say("kept %s: %s".formatted(entry.file(), entry.title()));
  }

  /** Whether there are thresholds yet to be passed. */
  boolean isLookingOut() {
    return !open.isEmpty();
  }

  /** Whether it is time to save. */
  boolean isDue() {
    return System.nanoTime() - next >= 0;
  }

  /** Saves where the training stands. */
  void save(
      Supplier<Map<String, Tensor>> trainer, List<TrainingHistory.Epoch> epochs, double seconds) {
    long begun = System.nanoTime();
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> state = new LinkedHashMap<>(trainer.get());
      state.put(CURVE, curve(epochs));
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("format", "nngeometry-training");
      metadata.put("version", "1");
      metadata.put(SECONDS, Double.toString(seconds));
      settings.forEach((name, value) -> metadata.put(SETTING + name, value));
      Safetensors.write(checkpoints.folder().resolve(STATE), state, metadata);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    long now = System.nanoTime();
    next = now + Math.max(NANOS_BETWEEN, SHARE * (now - begun));
  }
}
