package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/**
 * A run of the command, in this process.
 *
 * @param exitCode what the process would return
 * @param out what it printed
 * @param err what it said on the error stream
 */
record Command(int exitCode, String out, String err) {
  /** Runs {@code nngeometry words}. */
  static Command run(List<String> words) {
    CommandLine command = Main.commandLine();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return new Command(
        command.execute(words.toArray(String[]::new)), out.toString(), err.toString());
  }

  /** As the other. */
  static Command run(String... words) {
    return run(List.of(words));
  }

  /** Fails unless it went well. */
  Command well() {
    assertThat(exitCode).as(err).isZero();
    return this;
  }

  /** The one line that says why it failed, after whatever progress there was. */
  String complaint() {
    List<String> complaints = err.lines().filter(l -> l.startsWith("nngeometry: ")).toList();
    assertThat(complaints).as(err).hasSize(1);
    assertThat(err.stripTrailing()).as("the last line").endsWith(complaints.get(0));
    assertThat(err).doesNotContain("\tat ", "Exception in", "Caused by");
    assertThat(out).isEmpty();
    return complaints.get(0);
  }
}
