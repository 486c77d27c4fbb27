package io.nngeometry.cli;

import io.nngeometry.fisher.Representation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The Hessian of a network's loss, in a file. */
@Command(
    name = "hessian",
    description =
        "Computes the Hessian of a network's loss in its parameters and writes it in safetensors"
            + " form. The loss is the negative log-likelihood of --metric: cross entropy, binary"
            + " cross entropy, half the squared error, or that of counts. The Hessian is a MEAN over"
            + " the examples (and a sum over outputs); that of the summed loss is n times it."
            + " What is stored takes a product for each parameter.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry hessian --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry hessian --model mlp --representation diag,block-diag --n 100",
      "  nngeometry op trace --of hessian --model net.pt2 --data npz:x.npz"
    })
final class HessianCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--representation",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "dense",
      converter = Names.Any.class,
      description =
          "What is stored: dense, block-diag, diag; or implicit, whose file has these options alone"
              + " and whose products run the examples again. Several: dense,diag. Default:"
              + " ${DEFAULT-VALUE}.")
  private List<Representation> representations;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "hessian.safetensors",
      description =
          "File of the matrix. Of several representations each has its own, with its name before"
              + " the ending: H-diag.safetensors. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      defaultValue = "categorical",
      description =
          "categorical, bernoulli, gaussian (variance one) or poisson, whose negative"
              + " log-likelihood is the loss. Default: ${DEFAULT-VALUE}.")
  private MetricKind metric;

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    MatrixSource source =
        new MatrixSource(model, data, FisherOptions.of(metric), limits, MatrixKind.HESSIAN);
    new MatrixJob(source, representations, out).run(spec.commandLine(), output);
    return 0;
  }
}
