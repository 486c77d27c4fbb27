package io.nngeometry.cli;

import io.nngeometry.cli.compare.EstimatorKind;
import io.nngeometry.fisher.Estimator;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which Fisher matrix of a network. */
final class FisherOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private MetricOption metric;

  @Option(
      names = "--estimator",
      paramLabel = "NAME",
      defaultValue = "exact",
      description =
          "exact: all outputs. mc: labels drawn from the network. empirical: the data's own."
              + " Default: ${DEFAULT-VALUE}.")
  private EstimatorKind estimator;

  @Option(
      names = "--trials",
      paramLabel = "K",
      defaultValue = "1",
      description = "Labels drawn per example, with --estimator mc. Default: ${DEFAULT-VALUE}.")
  private int trials;

  /** The exact one of {@code metric}. */
  static FisherOptions of(MetricKind metric) {
    FisherOptions options = new FisherOptions();
    options.metric = MetricOption.of(metric);
    options.estimator = EstimatorKind.EXACT;
    return options;
  }

  /** What the outputs are. */
  MetricKind metric() {
    return metric.kind();
  }

  /** How the metric is estimated, with chance from {@code seed}. */
  Estimator estimator(long seed) {
    if (estimator == EstimatorKind.MC) {
      new Check(spec.commandLine()).atLeast("--trials", trials, 1);
    }
    return estimator.estimator(trials, seed);
  }

  /** Adds the settings that matter, by option. */
  void addTo(Map<String, Object> settings) {
    settings.put("metric", metric().toString());
    settings.put("estimator", estimator.toString());
    if (estimator == EstimatorKind.MC) {
      settings.put("trials", trials);
    }
  }
}
