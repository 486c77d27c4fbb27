package io.nngeometry.cli;

import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code nngeometry} command. */
@Command(
    name = "nngeometry",
    description = "The geometry of neural networks: Fisher information matrices, compared.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      CompareCommand.class,
      SpectrumCommand.class,
      SolveCommand.class,
      TrainCommand.class,
      InspectCommand.class,
      NtkCommand.class,
      NtkEvolutionCommand.class,
      FimCommand.class,
      OpCommand.class,
      JacobianCommand.class,
      HessianCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  nngeometry compare              the main job, on embedded data, into compare/",
      "  nngeometry compare --quick      the same in under a minute",
      "  nngeometry train --epochs 30 --out weights.safetensors",
      "  nngeometry compare --weights weights.safetensors --estimator mc",
      "  nngeometry spectrum             eigenvalues of the Fisher matrix, into spectrum/",
      "  nngeometry solve --compare      a damped solve, with and without preconditioner",
      "  nngeometry ntk --plot           the tangent kernel, as ntk.npy and a picture",
      "  nngeometry ntk-evolution        tangent kernels during a training, into ntk-evolution/",
      "  nngeometry inspect --model resnet18",
      "  nngeometry fim --model net.pt2 --data npz:x.npz --out F.safetensors",
      "  nngeometry op F.safetensors trace",
      "",
      "'nngeometry COMMAND --help' explains a command.",
      "Exit codes: 0 done, 1 failed, 2 wrong usage."
    })
public final class Main implements Runnable {

  @Spec private CommandSpec spec;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "After an error, say where in the program it arose.")
  private boolean stacktrace;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command as it is run; streams can be replaced. */
  public static CommandLine commandLine() {
    Main main = new Main();
    Failures failures = new Failures(() -> main.stacktrace);
    CommandLine root = new CommandLine(main);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setUsageHelpAutoWidth(true);
    root.setUsageHelpLongOptionsMaxWidth(24);
    root.setExecutionStrategy(failures);
    root.setExecutionExceptionHandler(failures);
    root.setParameterExceptionHandler(failures);
    root.setErr(new PrintWriter(System.err, true));
    return root;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "no command given: the commands are " + String.join(", ", spec.subcommands().keySet()));
  }

  /** The version the jar was built with. */
  static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("(development build)");
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"nngeometry " + version()};
    }
  }
}
