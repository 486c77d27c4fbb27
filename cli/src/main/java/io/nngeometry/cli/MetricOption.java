package io.nngeometry.cli;

import picocli.CommandLine.Option;

/** What the outputs of a network are. */
final class MetricOption {
  @Option(
      names = "--metric",
      paramLabel = "NAME",
      defaultValue = "categorical",
      description =
          "What the outputs are: categorical (logits of classes), bernoulli (independent logits),"
              + " gaussian (means of variance one) or poisson (log-rates). Default:"
              + " ${DEFAULT-VALUE}.")
  private MetricKind kind;

  /** One that is not asked for. */
  static MetricOption of(MetricKind kind) {
    MetricOption option = new MetricOption();
    option.kind = kind;
    return option;
  }

  /** Which metric belongs to them. */
  MetricKind kind() {
    return kind;
  }
}
