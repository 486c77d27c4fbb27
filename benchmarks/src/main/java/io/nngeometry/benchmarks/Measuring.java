package io.nngeometry.benchmarks;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How to measure: options of the command that measures and of the one that starts it. */
final class Measuring {
  @Option(names = "--n", paramLabel = "N", description = "Examples; by default the workload's.")
  private long n;

  @Option(
      names = "--classes",
      paramLabel = "C",
      description =
          "Outputs; by default the workload's. The reference's script knows no others and is left"
              + " out.")
  private long classes;

  @Option(names = "--reps", paramLabel = "R", description = "Repetitions (default: 5).")
  private int reps = 5;

  @Option(
      names = "--max-s",
      paramLabel = "SECONDS",
      description =
          "After the first repetition, none begins once an operation has taken this long"
              + " (default: 600).")
  private double maxSeconds = 600;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description = "For how long ours repeats unmeasured first, at least once (default: 2).")
  private double warmUp = 2;

  @Option(
      names = "--clock",
      paramLabel = "CLOCK",
      description =
          "wall (default), or cpu: the measuring thread's time on a processor, for machines that"
              + " are not quiet; needs --threads 1, and a reference's script that has the option.")
  private Clock clock = Clock.WALL;

  @Option(
      names = "--like-reference",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Leave batch normalisations out of the matrices, as the Python reference does"
              + " (default); --no-like-reference covers them.")
  private boolean likeReference;

  /** The workload with as many outputs as were asked for. */
  Workload applyTo(Workload workload) {
    return classes > 0 ? workload.withClasses(classes) : workload;
  }

  /** Whether both sides can be asked for the same. */
  boolean suitsReference() {
    return classes <= 0;
  }

  /** The number of examples that was asked for. */
  long examples(Workload workload) {
    return n > 0 ? n : workload.examples();
  }

  /** What to measure operations on. */
  Setting setting(Workload workload) {
    return Setting.of(applyTo(workload), examples(workload), !likeReference);
  }

  Stopwatch stopwatch() {
    return new Stopwatch(warmUp, reps, maxSeconds, clock);
  }

  Clock clock() {
    return clock;
  }

  /** Refuses what no side can measure. */
  void check(CommandSpec spec, List<Integer> threads) {
    if (threads.isEmpty() || threads.stream().anyMatch(t -> t < 1)) {
      throw new ParameterException(spec.commandLine(), "--threads must be at least 1");
    }
    if (reps < 1) {
      throw new ParameterException(spec.commandLine(), "--reps must be at least 1");
    }
    if (clock == Clock.CPU && !threads.equals(List.of(1))) {
      throw new ParameterException(
          spec.commandLine(), "--clock cpu counts one thread; add --threads 1");
    }
  }

  /** These options for a process of ours, but for the number of examples, which a task has. */
  List<String> forOurs() {
    return List.of(
        "--classes=" + classes,
        "--reps=" + reps,
        "--max-s=" + maxSeconds,
        "--warm-up=" + warmUp,
        "--clock=" + clock,
        likeReference ? "--like-reference" : "--no-like-reference");
  }

  /** Those that the reference's script has too. */
  List<String> forReference() {
    List<String> both = List.of("--reps=" + reps, "--max-s=" + maxSeconds);
    return clock == Clock.WALL ? both : List.of(both.get(0), both.get(1), "--clock=" + clock);
  }
}
