package io.nngeometry.cli;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.linalg.CancelledException;
import io.nngeometry.linalg.Monitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A run of several stages, each an iterative method, that leaves in a file what another run needs
 * to go on: the tensors that finished stages gave, and the state of the one under way. The file is
 * written when a stage begins, every few seconds, and when the user interrupts.
 */
final class Checkpoint {
  /** Its file, in the folder of a run's results. */
  static final String FILE = "state.safetensors";

  private static final long NANOS_BETWEEN = 5_000_000_000L;
  private static final String DONE = "done:";
  private static final String RUNNING = "running:";
  private static final String SETTING = "setting.";

  private final Path file;
  private final Map<String, String> settings;
  private final Map<String, Tensor> tensors;
  private final BooleanSupplier interrupted;

  private Checkpoint(
      Path file,
      Map<String, String> settings,
      Map<String, Tensor> tensors,
      BooleanSupplier interrupted) {
    this.file = file;
    this.settings = settings;
    this.tensors = tensors;
    this.interrupted = interrupted;
  }

  /** The same run, whose stages stop once {@code interruption} is asked for. */
  Checkpoint heeding(Interruption interruption) {
    return new Checkpoint(file, settings, tensors, interruption::asked);
  }

  /** How a user who interrupted the run goes on with it. */
  String goingOn() {
    return "the same command with --resume goes on from " + file;
  }

  /**
   * What {@code folder} has to go on with, if that is wanted; a run that goes on needs it.
   *
   * @param folder of the results
   * @param wanted whether to go on
   * @param found what an interrupted run left there; null if there is none, or it is not wanted
   */
  record Left(Path folder, boolean wanted, @Nullable TensorFile found) implements AutoCloseable {

    /** Whether there is a run to go on with. */
    boolean isThere() {
      return found != null;
    }

    /**
     * The run to go on with, or one from the beginning.
     *
     * @throws UserException if it was begun with other settings
     */
    Checkpoint with(Map<String, Object> settings, Progress progress) {
      Checkpoint run =
          new Checkpoint(folder.resolve(FILE), texts(settings), new HashMap<>(), () -> false);
      if (found != null) {
        check(run.settings, found);
        run.tensors.putAll(found.tensors());
      } else if (wanted) {
        progress.say("nothing to resume in " + folder + ": beginning");
      }
      return run;
    }

    private void check(Map<String, String> settings, TensorFile begun) {
      settings.forEach(
          (name, value) -> {
            String before = begun.metadata().getOrDefault(SETTING + name, "none");
            if (!before.equals(value)) {
              throw new UserException(
                  "--resume: the run in %s was begun with %s %s, not %s; give it the same options, or leave --resume out"
                      .formatted(folder, name, before, value));
            }
          });
    }

    @Override
    public void close() {
      if (found != null) {
        found.close();
      }
    }
  }

  /**
   * Looks for a run to go on with.
   *
   * @throws UserException if what is there is no file of ours
   */
  static Left in(Path folder, boolean wanted) throws IOException {
    Path file = folder.resolve(FILE);
    try {
      boolean there = wanted && Files.exists(file);
      return new Left(folder, wanted, there ? Safetensors.read(file) : null);
    } catch (CorruptFileException e) {
      throw new UserException(
          "--resume: %s; leave --resume out to begin anew".formatted(e.getMessage()), e);
    }
  }

  private static Map<String, String> texts(Map<String, Object> settings) {
    Map<String, String> texts = new LinkedHashMap<>();
    settings.forEach((name, value) -> texts.put(name, String.valueOf(value)));
    return texts;
  }

  /** What a stage left: of its method's state, or of what {@code extra} gave. */
  Map<String, Tensor> left(String stage) {
    return part(RUNNING + stage + "/");
  }

  /**
   * What a stage gives, from the file if it was finished before. The method runs under a monitor
   * that draws its progress, resumes it and saves it.
   *
   * @param extra what to save besides the method's own state, where it will be in {@link #left}
   * @param work the method; what it gives is to be kept
   * @throws CancelledException if the user interrupts; the state is saved then
   */
  Map<String, Tensor> stage(
      String stage,
      Progress.Task task,
      Supplier<Map<String, Tensor>> extra,
      Function<Monitor, Map<String, Tensor>> work) {
    Map<String, Tensor> before = part(DONE + stage + "/");
    if (!before.isEmpty()) {
      return before;
    }
    Watch watch = new Watch(stage, task, extra);
    Map<String, Tensor> from = left(stage);
    Map<String, Tensor> given;
    try {
      given = work.apply(from.isEmpty() ? watch : watch.resuming(from));
    } catch (CancelledException e) {
      watch.save(e.state());
      e.state().values().forEach(Tensor::close);
      throw e;
    }
    tensors.keySet().removeIf(name -> name.startsWith(RUNNING + stage + "/"));
    given.forEach((name, t) -> tensors.put(DONE + stage + "/" + name, t));
    return given;
  }

  /** Forgets the run: its results are written. */
  void drop() throws IOException {
    Files.deleteIfExists(file);
  }

  private Map<String, Tensor> part(String prefix) {
    Map<String, Tensor> part = new HashMap<>();
    tensors.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), t);
          }
        });
    return part;
  }

  private final class Watch implements Monitor {
    private final String stage;
    private final Progress.Task task;
    private final Supplier<Map<String, Tensor>> extra;
    private long next = System.nanoTime();

    Watch(String stage, Progress.Task task, Supplier<Map<String, Tensor>> extra) {
      this.stage = stage;
      this.task = task;
      this.extra = extra;
    }

    @Override
    public void report(io.nngeometry.linalg.Progress now) {
      task.at(
          now.done(),
          Double.isFinite(now.residual()) ? "residual " + Numbers.error(now.residual()) : "");
      if (interrupted.getAsBoolean()) {
        now.cancel();
      }
      if (System.nanoTime() - next >= 0) {
        try (Scope scope = Scope.open()) {
          Map<String, Tensor> state = now.state();
          save(state);
          state.values().forEach(Tensor::close);
        }
        next = System.nanoTime() + NANOS_BETWEEN;
      }
    }

    void save(Map<String, Tensor> state) {
      try (Scope scope = Scope.open()) {
        Map<String, Tensor> all = new HashMap<>(tensors);
        all.keySet().removeIf(name -> name.startsWith(RUNNING + stage + "/"));
        state.forEach((name, t) -> all.put(RUNNING + stage + "/" + name, t));
        extra.get().forEach((name, t) -> all.put(RUNNING + stage + "/" + name, t));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "nngeometry-run");
        metadata.put("version", "1");
        settings.forEach((name, value) -> metadata.put(SETTING + name, value));
        Safetensors.write(file, all, metadata);
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
  }
}
