package io.nngeometry.cli.compare;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Representation;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Fisher matrices in every representation against the implicit one, on the quantities of section
 * 3.1 of the NNGeometry paper.
 */
public final class Experiment {
  private final Fisher fisher;
  private final Design design;
  private final Seeds seeds;
  private final long examples;
  private final Progress progress;

  /**
   * The experiment.
   *
   * @param fisher the matrices of a network on some examples, whatever its estimator
   * @param examples how many there are
   */
  public Experiment(Fisher fisher, long examples, Design design, Progress progress) {
    this.fisher = fisher;
    this.design = design;
    this.seeds = new Seeds(design.seed());
    this.examples = examples;
    this.progress = progress;
  }

  /** Runs it; {@code keep} sees each matrix of the first draw before it is freed. */
  public Outcome run(Consumer<PMat> keep) {
    Map<String, Double> alone = buildAlone();
    try (Truth truth = truth()) {
      Measuring measuring = new Measuring(truth, design);
      List<Outcome.Built> built = new ArrayList<>();
      double together = 0;
      for (int draw = 0; draw < design.draws(); draw++) {
        Stopwatch watch = Stopwatch.start();
        List<PMat> matrices = build(draw);
        double seconds = watch.seconds();
        try (Probes probes = Probes.of(truth, design.vectors(), seeds.vectors(draw))) {
          measure(measuring, matrices, probes, draw);
          if (draw == 0) {
            together = seconds;
            measuring.secondsPerTrueProduct(probes.secondsPerProduct());
            for (PMat matrix : matrices) {
              keep.accept(matrix);
              built.add(describe(matrix, alone, measuring));
            }
          }
        } finally {
          matrices.forEach(PMat::close);
        }
      }
      return measuring.outcome(together, built);
    }
  }

  /** The matrix that the others are held against, with its trace, which costs a pass. */
  public Truth truthAlone() {
    return Truth.of(implicit());
  }

  /** How often {@link #draw} tells where it is. */
  public static long stepsOfDraw(Design design) {
    return 1
        + design.representations().stream()
            .mapToLong(r -> 1L + (long) Inverse.of(r.name()).size() * design.dampings().size())
            .sum();
  }

  /**
   * One draw alone: what its matrices and vectors give against {@code truth}, whose products are
   * made once for all quantities and all matrices.
   *
   * @param step told the steps done, after each
   */
  public List<Measurement> draw(Truth truth, int draw, LongConsumer step) {
    Measuring measuring = new Measuring(truth, design);
    List<PMat> matrices = ofDraw(draw).as(design.representations().toArray(Representation[]::new));
    try (Probes probes = Probes.of(truth, design.vectors(), seeds.vectors(draw))) {
      long done = 1;
      step.accept(done);
      for (PMat matrix : matrices) {
        long before = done;
        measuring.measure(matrix, probes, draw, now -> step.accept(before + now));
        done += measuring.steps(matrix);
      }
    } finally {
      matrices.forEach(PMat::close);
    }
    return measuring.measurements();
  }

  private Outcome.Built describe(PMat matrix, Map<String, Double> alone, Measuring measuring) {
    String name = matrix.representation();
    return new Outcome.Built(
        name,
        matrix.bytes(),
        alone.getOrDefault(name, Double.NaN),
        measuring.secondsPerProduct(name),
        matrix.trace());
  }

  private Truth truth() {
    try (Progress.Task task = progress.start("trace of the truth", examples)) {
      return Truth.of(implicit());
    }
  }

  private PMat implicit() {
    return fisher
        .estimator(design.estimator().estimator(design.trials(), seeds.truth()))
        .as(Representation.IMPLICIT);
  }

  /** Times every representation on its own. */
  private Map<String, Double> buildAlone() {
    Map<String, Double> seconds = new LinkedHashMap<>();
    Fisher first = ofDraw(0);
    for (Representation representation : design.representations()) {
      try (Progress.Task task = progress.start("building " + representation.name(), examples)) {
        Fisher told = first.progress((done, all) -> task.at(done));
        seconds.put(representation.name(), Stopwatch.leastOf(() -> told.as(representation)));
      }
    }
    return seconds;
  }

  private List<PMat> build(int draw) {
    try (Progress.Task task = progress.start(ofDraws("all in one pass", draw), examples)) {
      return ofDraw(draw)
          .progress((done, all) -> task.at(done))
          .as(design.representations().toArray(Representation[]::new));
    }
  }

  private Fisher ofDraw(int draw) {
    return fisher.estimator(design.estimator().estimator(design.trials(), seeds.labels(draw)));
  }

  private void measure(Measuring measuring, List<PMat> matrices, Probes probes, int draw) {
    long steps = matrices.stream().mapToLong(measuring::steps).sum();
    try (Progress.Task task = progress.start(ofDraws("comparing", draw), steps)) {
      long done = 0;
      for (PMat matrix : matrices) {
        long before = done;
        measuring.measure(
            matrix, probes, draw, step -> task.at(before + step, matrix.representation()));
        done += measuring.steps(matrix);
      }
    }
  }

  private String ofDraws(String what, int draw) {
    return design.draws() == 1 ? what : "%s, %d/%d".formatted(what, draw + 1, design.draws());
  }
}
