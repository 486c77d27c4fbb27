package io.nngeometry.cli;

import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one line on the error stream and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final int FAILURE = 1;
  private static final int USAGE = 2;

  private final BooleanSupplier stacktrace;

  Failures(BooleanSupplier stacktrace) {
    this.stacktrace = stacktrace;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return report(command, e, line(e), stacktrace.getAsBoolean(), FAILURE);
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String hint = suggestion(e).orElse("'%s --help' lists the options".formatted(name));
    boolean trace = Arrays.asList(args).contains("--stacktrace");
    return report(command, e, "%s (%s)".formatted(line(e), hint), trace, USAGE);
  }

  private static java.util.Optional<String> suggestion(ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
        ? unmatched.getSuggestions().stream().findFirst().map("did you mean '%s'?"::formatted)
        : java.util.Optional.empty();
  }

  private static int report(
      CommandLine command, Exception e, String line, boolean trace, int exitCode) {
    PrintWriter err = command.getErr();
    err.println("nngeometry: " + line);
    if (trace) {
      e.printStackTrace(err);
    }
    err.flush();
    return exitCode;
  }

  private static String line(Throwable e) {
    String message = e.getMessage();
    if (message == null) {
      message = e.getClass().getSimpleName() + " (--stacktrace shows where)";
    } else if (e instanceof NoSuchFileException) {
      message = message + ": no such file";
    } else if (e instanceof NullPointerException || e instanceof ClassCastException) {
      message = "internal error: " + message + " (--stacktrace shows where)";
    }
    // libtorch appends the frames of its own stack
    return message.lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
