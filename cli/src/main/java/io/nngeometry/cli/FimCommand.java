package io.nngeometry.cli;

import io.nngeometry.fisher.Representation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The Fisher matrix of a network, in a file. */
@Command(
    name = "fim",
    description =
        "Computes the Fisher information matrix of a network on data, a mean over the examples, and"
            + " writes it in safetensors form, which 'nngeometry op' and any reader of safetensors"
            + " reads. Several representations share one pass over the data.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry fim --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry fim --model net.pt2 --data npz:x.npz --representation diag,ekfac",
      "  nngeometry fim --model mlp --weights mlp.safetensors --out F.safetensors",
      "  nngeometry fim --model net.pt2 --data npz:x.npz --estimator mc --trials 5",
      "  nngeometry fim --model net.pt2 --data npz:more.npz --refresh ekfac.safetensors",
      "  nngeometry fim --model net.pt2 --data npz:x.npz --layers 'block*,!*.bias'"
    })
final class FimCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--representation",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "kfac",
      converter = Names.Any.class,
      description =
          "What is stored: dense, block-diag, kfac, kfac-reduce, ekfac, quasi-diag, diag, low-rank;"
              + " or implicit, whose file has these options alone and whose products run the"
              + " examples again. Several: kfac,diag. Default: ${DEFAULT-VALUE}.")
  private List<Representation> representations;

  @Option(
      names = "--refresh",
      paramLabel = "FILE",
      description =
          "Second moments of this data in the eigenvectors of the ekfac or kfac matrix in FILE, in"
              + " place of --representation: one reading and no decomposition.")
  private @Nullable Path refreshed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "fim.safetensors",
      description =
          "File of the matrix. Of several representations each has its own, with its name before"
              + " the ending: F-kfac.safetensors. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private FisherOptions fisher;
  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    MatrixSource source = new MatrixSource(model, data, fisher, limits, MatrixKind.FISHER);
    if (refreshed == null) {
      new MatrixJob(source, representations, out).run(spec.commandLine(), output);
    } else if (spec.commandLine().getParseResult().hasMatchedOption("--representation")) {
      throw new UsageException("--refresh and --representation: give one of them");
    } else {
      InputFiles.readable("--refresh " + refreshed, refreshed, "fim --representation ekfac");
      MatrixJob.refreshing(source, refreshed, out).run(spec.commandLine(), output);
    }
    return 0;
  }
}
