package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The timings of docs/paper.md, and the program that makes them. */
class PaperTimingsTest {
  private static final Path DOCS = Path.of("..", "docs");

  private static List<Row> timed(String... args) {
    CommandLine command = Timings.commandLine();
    StringWriter out = new StringWriter();
    command.setOut(new PrintWriter(out));
    assertThat(command.execute(args)).isZero();
    return out.toString().lines().map(Row::parse).toList();
  }

  @Test
  void theTablesAreTheRowsThatAreKept() throws IOException {
    String guide = Files.readString(DOCS.resolve("paper.md"));
    for (String name : List.of("resnet50-timings.jsonl", "resnet50-images.jsonl")) {
      List<Row> rows =
          Files.readAllLines(DOCS.resolve("paper").resolve(name)).stream().map(Row::parse).toList();
      assertThat(guide).contains(Table.markdown(rows));
      // the paper's network within 12 GiB
      assertThat(rows)
          .filteredOn(row -> row.peer().equals(Row.OURS))
          .isNotEmpty()
          .allSatisfy(row -> assertThat(row.peakMegabytes()).isLessThan(12L << 10));
    }
  }

  @Test
  void everyOperationOfEveryRepresentationIsTimed() {
    for (String name : List.of("diag", "kfac", "ekfac")) {
      List<Row> rows = timed("--workload=mlp", "--n=8", "--batch=5", "--representation=" + name);
      assertThat(rows)
          .extracting(Row::op)
          .containsExactly(
              name + " init",
              name + " Mv",
              name + " vTMv",
              name + " trace",
              name + " norm",
              name + " solve",
              name + " solve again");
      assertThat(rows)
          .allSatisfy(
              row -> {
                assertThat(row.failed()).isNull();
                assertThat(row.seconds()).isNotNegative();
                assertThat(row.clock()).isEqualTo(Clock.CPU);
                assertThat(row.n()).isEqualTo(8);
              });
    }
    assertThat(timed("--workload=mlp", "--n=4", "--batch=4", "--representation=implicit"))
        .extracting(Row::op)
        .contains("implicit trace", "implicit norm, 10 vectors", "implicit solve, 5 iterations");
  }

  @Test
  void anUnknownRepresentationIsNamed() {
    CommandLine command = Timings.commandLine();
    StringWriter err = new StringWriter();
    command.setErr(new PrintWriter(err));
    assertThat(command.execute("--representation=magic")).isEqualTo(2);
    assertThat(err.toString()).contains("--representation", "magic");
  }
}
