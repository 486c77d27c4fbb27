package io.nngeometry.cli;

import io.nngeometry.fisher.MemoryBudget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a computation may take. */
final class LimitOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      description = "What may be taken, such as 4GiB. Default: seven tenths of the machine's.")
  private @Nullable String memory;

  /** Bytes, at the most. */
  MemoryBudget memory() {
    return new Check(spec.commandLine()).memory("--memory", memory);
  }
}
