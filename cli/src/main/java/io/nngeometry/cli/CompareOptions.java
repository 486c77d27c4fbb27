package io.nngeometry.cli;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.cli.compare.EstimatorKind;
import io.nngeometry.cli.compare.Residual;
import io.nngeometry.fisher.Representation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code compare} measures, and how much of it. */
final class CompareOptions {
  private static final int ALL_VECTORS = 20;
  private static final int QUICK_VECTORS = 8;
  private static final int QUICK_DRAWS = 2;
  private static final int DRAWS = 5;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private MetricOption metric;

  @Option(
      names = "--estimator",
      paramLabel = "KIND",
      description =
          "exact: all outputs. mc: labels drawn from the model, as in the paper, anew for the truth"
              + " and for every draw. empirical: the data's own. Default: exact, or mc with"
              + " --checkpoints.")
  private @Nullable EstimatorKind estimator;

  @Option(
      names = "--draws",
      paramLabel = "D",
      description = "Independent draws with --estimator mc. Default: 5.")
  private @Nullable Integer draws;

  @Option(
      names = "--vectors",
      paramLabel = "V",
      description = "Random vectors per draw. Default: 20 in all.")
  private @Nullable Integer vectors;

  @Option(
      names = "--trials",
      paramLabel = "T",
      defaultValue = "5",
      description = "Labels per example with --estimator mc. Default: ${DEFAULT-VALUE}.")
  private int trials;

  @Option(
      names = "--damping",
      paramLabel = "LAMBDA",
      split = ",",
      description = "Dampings of the solves. Default: 14 from 1e-4 to 0.178, as in the paper.")
  private @Nullable List<Double> dampings;

  @Option(
      names = "--residual",
      paramLabel = "KIND",
      defaultValue = "text",
      description =
          "What is compared with v after a solve. text: (F'+l)^-1 (F+l) v, as the paper says."
              + " script: F (F'+l)^-1 v + l v, as its authors' script does. Default:"
              + " ${DEFAULT-VALUE}.")
  private Residual residual;

  @Option(
      names = "--representations",
      paramLabel = "NAME",
      split = ",",
      converter = Names.Stored.class,
      description =
          "Which to compare with the implicit one. Default: all that are stored, or diag,"
              + " quasi-diag, kfac and ekfac with --checkpoints.")
  private @Nullable List<Representation> representations;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "compare",
      description = "Directory of the results. Default: ${DEFAULT-VALUE}.")
  private Path out;

  /** Reads the name of a floating type. */
  static final class Precision implements ITypeConverter<FloatType> {
    @Override
    public FloatType convert(String word) {
      return FloatType.of(word);
    }
  }

  /** Fails on values that make no sense. */
  void check() {
    Check check = new Check(spec.commandLine());
    check.atLeast("--draws", draws == null ? 1 : draws, 1);
    check.atLeast("--vectors", vectors == null ? 1 : vectors, 1);
    check.atLeast("--trials", trials, 1);
    if (dampings != null) {
      dampings.forEach(lambda -> check.positive("--damping", lambda));
    }
  }

  /** The experiment asked for. */
  Design design(boolean quick, long seed) {
    return design(quick, seed, EstimatorKind.EXACT, Names.Stored.all());
  }

  /** The experiment of the paper's section 3.1, where nothing else is asked for. */
  Design designOfThePaper(boolean quick, long seed) {
    return design(
        quick,
        seed,
        EstimatorKind.MC,
        List.of(
            Representation.DIAG,
            Representation.QUASI_DIAG,
            Representation.KFAC,
            Representation.EKFAC));
  }

  private Design design(boolean quick, long seed, EstimatorKind usual, List<Representation> all) {
    EstimatorKind how = Objects.requireNonNullElse(estimator, usual);
    int howOften = Objects.requireNonNullElse(draws, quick ? QUICK_DRAWS : DRAWS);
    int inAll = quick ? QUICK_VECTORS : ALL_VECTORS;
    int perDraw = Math.max(1, inAll / how.draws(howOften));
    return new Design(
        Objects.requireNonNullElse(representations, all),
        how,
        trials,
        howOften,
        Objects.requireNonNullElse(vectors, perDraw),
        dampings == null ? ofThePaper() : dampings.stream().sorted().distinct().toList(),
        residual,
        seed);
  }

  /** What the outputs are. */
  MetricKind metric() {
    return metric.kind();
  }

  /** Where results go. */
  Path out() {
    return out;
  }

  private static List<Double> ofThePaper() {
    return DoubleStream.iterate(-4, x -> x < -0.7, x -> x + 0.25)
        .map(x -> Math.pow(10, x))
        .boxed()
        .toList();
  }

  /** Every setting as it holds, by its option's name. */
  Map<String, Object> settings(Design design) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("metric", metric().toString());
    all.put(
        "representations", design.representations().stream().map(Representation::name).toList());
    all.put("estimator", design.estimator().toString());
    if (design.estimator() == EstimatorKind.MC) {
      all.put("trials", design.trials());
    }
    all.put("draws", design.draws());
    all.put("vectors", design.vectors());
    all.put("damping", design.dampings());
    all.put("residual", design.residual().name().toLowerCase(Locale.ROOT));
    return all;
  }
}
