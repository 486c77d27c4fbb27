package io.nngeometry.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line on the error stream and an exit code. */
final class Failures
    implements IExecutionStrategy, IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final int FAILURE = 1;
  private static final int USAGE = 2;

  private final BooleanSupplier stacktrace;

  Failures(BooleanSupplier stacktrace) {
    this.stacktrace = stacktrace;
  }

  /** Runs the command that was given; picocli hands exceptions on to the handlers, errors not. */
  @Override
  public int execute(ParseResult parsed) {
    try {
      return new RunLast().execute(parsed);
    } catch (LinkageError | VirtualMachineError | AssertionError e) {
      List<CommandLine> commands = parsed.asCommandLineList();
      CommandLine command = commands.get(commands.size() - 1);
      return report(command, e, Explanation.line(e), stacktrace.getAsBoolean(), FAILURE);
    }
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    int exitCode = e instanceof UsageException ? USAGE : FAILURE;
    return report(command, e, Explanation.line(e), stacktrace.getAsBoolean(), exitCode);
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String hint = suggestion(e).orElse("'%s --help' lists the options".formatted(name));
    boolean trace = Arrays.asList(args).contains("--stacktrace");
    return report(command, e, "%s (%s)".formatted(Explanation.line(e), hint), trace, USAGE);
  }

  private static Optional<String> suggestion(ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
        ? unmatched.getSuggestions().stream().findFirst().map("did you mean '%s'?"::formatted)
        : Optional.empty();
  }

  private static int report(
      CommandLine command, Throwable e, String line, boolean trace, int exitCode) {
    PrintWriter err = command.getErr();
    err.println("nngeometry: " + line);
    if (trace) {
      e.printStackTrace(err);
    }
    err.flush();
    return exitCode;
  }
}
