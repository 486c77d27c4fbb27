package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Effort;
import io.nngeometry.linalg.Hutchinson;
import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Framing;
import io.nngeometry.models.data.Selection;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the reference's own benchmark times, of one representation in one process: to make the
 * Fisher matrix of one label per example, then each operation on it, what is short a few times. A
 * row for each as soon as it is known; its peak of memory is the process's so far, and its unit one
 * forward and backward at the beginning.
 */
@Command(
    name = "benchmarks/timings",
    description = "Times every operation of one representation.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Timings implements Callable<Integer> {
  private static final double LAMBDA = 1e-2;
  private static final int ITERATIONS = 5;
  private static final int VECTORS = 10;

  private static final String INIT = "init";
  private static final String SOLVE = "solve";

  /** What leaves something behind that a repetition would find. */
  private static final Set<String> ONCE = Set.of(INIT, SOLVE);

  /** Everything else is repeated so often at the most, */
  private static final int MOST = 5;

  /** until it has taken so many seconds. */
  private static final double ENOUGH = 10;

  /** What is done with a matrix, by the name that rows carry. */
  private static final Map<String, Consumer<Made>> STORED =
      inOrder(
          Map.entry("Mv", m -> m.matrix.mv(m.setting.v()).close()),
          Map.entry("vTMv", m -> m.matrix.quadraticForm(m.setting.v())),
          Map.entry("trace", m -> m.matrix.trace()),
          Map.entry("norm", m -> m.matrix.frobeniusNorm()),
          Map.entry(SOLVE, Timings::solve),
          // what the first one decomposed is kept
          Map.entry("solve again", Timings::solve));

  /** The matrix that is not stored has its norm from random vectors, and a solve by products. */
  private static final Map<String, Consumer<Made>> PRODUCTS =
      inOrder(
          Map.entry("Mv", m -> m.matrix.mv(m.setting.v()).close()),
          Map.entry("vTMv", m -> m.matrix.quadraticForm(m.setting.v())),
          Map.entry("trace", m -> m.matrix.trace()),
          Map.entry(
              "norm, %d vectors".formatted(VECTORS),
              m ->
                  Hutchinson.of(Effort.products(VECTORS), 0)
                      .squaredFrobeniusNorm(m.matrix, Tensors.options(m.setting.v().tensor()))),
          Map.entry(
              "solve, %d iterations".formatted(ITERATIONS),
              m ->
                  new ConjugateGradient(1e-12, ITERATIONS)
                      .solve(m.matrix, m.setting.v().tensor().unsqueeze(0), LAMBDA)));

  private static final Map<String, Representation> REPRESENTATIONS =
      inOrder(
          Map.entry("implicit", Representation.IMPLICIT),
          Map.entry("diag", Representation.DIAG),
          Map.entry("quasi-diag", Representation.QUASI_DIAG),
          Map.entry("kfac", Representation.KFAC),
          Map.entry("ekfac", Representation.EKFAC));

  @Spec private CommandSpec spec;

  @Option(names = "--workload", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
  private String workload = "resnet50-64px";

  @Option(
      names = "--representation",
      paramLabel = "NAME",
      required = true,
      description = "implicit, diag, quasi-diag, kfac or ekfac.")
  private String representation = "";

  @Option(names = "--n", paramLabel = "N", description = "Examples. Default: ${DEFAULT-VALUE}.")
  private long n = 100;

  @Option(names = "--batch", paramLabel = "B", description = "Examples per minibatch.")
  private long batch = 20;

  @Option(names = "--classes", paramLabel = "C", description = "Outputs; else the workload's.")
  private long classes;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      description =
          "Real images, brought to the workload's size and colours; else numbers of that shape.")
  private @Nullable String data;

  @Option(names = "--clock", paramLabel = "CLOCK", description = "wall or cpu. Default: cpu.")
  private Clock clock = Clock.CPU;

  private Timings() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command. */
  static CommandLine commandLine() {
    return new CommandLine(new Timings()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** A matrix and what it is of. */
  private record Made(PMat matrix, Setting setting) {}

  @Override
  public Integer call() throws IOException {
    Representation kind = REPRESENTATIONS.get(representation);
    if (kind == null) {
      throw new ParameterException(
          spec.commandLine(), "--representation: no '%s'".formatted(representation));
    }
    Workload known = Workload.of(spec, workload);
    Engine.setThreads(1);
    Setting setting = setting(classes > 0 ? known.withClasses(classes) : known);
    // what a JVM and an allocator do once, on memory of the size that the rest will have
    Passes.forwardAndBackward(setting.first(Math.min(batch, n)));
    double unit = seconds(() -> Passes.forwardAndBackward(setting));
    PMat[] made = new PMat[1];
    row(setting, unit, INIT, () -> made[0] = setting.oneLabel(kind));
    if (made[0] == null) {
      return 1;
    }
    try (PMat matrix = made[0]) {
      Made all = new Made(matrix, setting);
      (kind == Representation.IMPLICIT ? PRODUCTS : STORED)
          .forEach(
              (name, work) ->
                  row(
                      setting,
                      unit,
                      name,
                      () -> {
                        try (Scope scope = Scope.open()) {
                          work.accept(all);
                        }
                      }));
    }
    return 0;
  }

  private Setting setting(Workload chosen) throws IOException {
    Setting random = Setting.of(chosen, n, true).inMinibatchesOf(Math.min(batch, n));
    if (data == null) {
      return random;
    }
    List<Long> shape = chosen.shape();
    Framing frame = Framing.of(shape.get(1).intValue(), shape.get(2).intValue());
    return random.on(
        DataSource.of(data)
            .load(Selection.test().first(n).framed(shape.get(0) == 3 ? frame.rgb() : frame))
            .examples()
            .batches(Math.min(batch, n)));
  }

  private static void solve(Made m) {
    // as the reference's solve means it: it damps the factors where there are any
    m.matrix.solve(m.setting.v(), Damping.factored(LAMBDA)).close();
  }

  private void row(Setting setting, double unit, String op, Runnable work) {
    List<Double> times = new ArrayList<>();
    String failed = null;
    try {
      double total = 0;
      do {
        double seconds = seconds(work);
        times.add(seconds);
        total += seconds;
      } while (!ONCE.contains(op) && times.size() < MOST && total < ENOUGH);
    } catch (RuntimeException e) {
      failed = e.toString().lines().findFirst().orElse("");
    }
    boolean done = failed == null;
    double median = Stopwatch.median(times);
    Row row =
        new Row(
            Row.OURS,
            setting.workload().name(),
            representation + " " + op,
            setting.data().size(),
            setting.workload().classes(),
            setting.layers().size(),
            1,
            clock,
            null,
            done ? median : null,
            done ? Collections.min(times) : null,
            done ? Collections.max(times) : null,
            done ? unit : null,
            done ? median / unit : null,
            done ? times.size() : null,
            Stopwatch.peakMegabytes().orElse(null),
            failed);
    spec.commandLine().getOut().println(row.toJson());
    spec.commandLine().getOut().flush();
  }

  private double seconds(Runnable work) {
    long start = clock.nanoseconds();
    work.run();
    return (clock.nanoseconds() - start) / 1e9;
  }

  @SafeVarargs
  private static <T> Map<String, T> inOrder(Map.Entry<String, T>... entries) {
    Map<String, T> map = new LinkedHashMap<>();
    for (Map.Entry<String, T> entry : entries) {
      map.put(entry.getKey(), entry.getValue());
    }
    return map;
  }
}
