package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/**
 * A run of the command.
 *
 * @param exitCode what the process would return
 * @param out what it printed
 * @param err what it said on the error stream
 */
record Ran(int exitCode, String out, String err) {
  /** Runs {@code nngeometry args}. */
  static Ran of(String... args) {
    return of(Main.commandLine(), args);
  }

  /** Runs {@code command}, which may know more than {@code nngeometry} does. */
  static Ran of(CommandLine command, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return new Ran(command.execute(args), out.toString(), err.toString());
  }

  /** Fails unless it went well. */
  Ran well() {
    assertThat(exitCode).as(err).isZero();
    return this;
  }

  /** The JSON it printed, and nothing but it. */
  JsonNode json() {
    try {
      return JsonMapper.builder().build().readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + out, e);
    }
  }

  /** The one line that says why it failed, after whatever progress there was. */
  String complaint() {
    List<String> complaints = err.lines().filter(l -> l.startsWith("nngeometry: ")).toList();
    assertThat(complaints).as(err).hasSize(1);
    assertThat(err.stripTrailing()).as("the last line").endsWith(complaints.get(0));
    assertThat(err).doesNotContain("\tat ", "Exception in", "Caused by");
    return complaints.get(0);
  }
}
