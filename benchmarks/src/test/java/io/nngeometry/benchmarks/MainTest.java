package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The command that starts a process for each operation, with a script in place of the reference.
 */
class MainTest {
  private static final String[] QUICK = {
    "--workload=small", "--n=2", "--reps=1", "--warm-up=0", "--threads=1"
  };

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;

  private int run(Map<String, String> variables, String... args) {
    CommandLine command = Main.commandLine(variables);
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return command.execute(args);
  }

  private String[] quick(String... more) {
    return Stream.of(QUICK, more, new String[] {"--out=" + folder})
        .flatMap(Stream::of)
        .toArray(String[]::new);
  }

  private List<Row> rows() {
    return out.toString().lines().filter(line -> line.startsWith("{")).map(Row::parse).toList();
  }

  /** A script that is called as the reference's: {@code body} sees its options as variables. */
  private Map<String, String> reference(String body) throws IOException {
    Path script = folder.resolve("reference.sh");
    Files.writeString(
        script,
        """
        for option; do
          case $option in
            --workload=*) workload=${option#*=} ;; --ops=*) op=${option#*=} ;;
            --n=*) n=${option#*=} ;; --threads=*) threads=${option#*=} ;;
          esac
        done
        row() {
          printf '{"peer":"nngeometry","workload":"%s","op":"%s","n":%s,"c":10,"threads":%s,%s}\\n' \
            "$workload" "$op" "$n" "$threads" "$1"
        }
        """
            + body);
    return Map.of(
        Side.PYTHON, "/bin/sh", Side.PATH, folder.toString(), Side.SCRIPT, script.toString());
  }

  @Test
  void bothSidesInTurnInEveryEnvironment() throws IOException {
    Map<String, String> reference =
        reference(
            """
            echo "noise on $PYTHONPATH" >&2
            row "\\"op_s\\":${MALLOC_ARENA_MAX:-7},\\"fb_s\\":0.5,\\"ratio\\":2,\\"reps\\":5"
            """);
    assertThat(run(reference, quick("--ops=forward,fb", "--environments=default,tuned"))).isZero();
    assertThat(rows())
        .extracting(row -> row.op() + " " + row.peer() + " " + row.environment())
        .containsExactly(
            "forward nngeometry-jvm default",
            "forward nngeometry default",
            "forward nngeometry-jvm tuned",
            "forward nngeometry tuned",
            "fb nngeometry-jvm default",
            "fb nngeometry default",
            "fb nngeometry-jvm tuned",
            "fb nngeometry tuned");
    assertThat(rows().get(1).seconds()).as("no variables").isEqualTo(7);
    assertThat(rows().get(3).seconds()).as("MALLOC_ARENA_MAX").isEqualTo(4);
    assertThat(rows()).allSatisfy(row -> assertThat(row.n()).isEqualTo(2));
    assertThat(rows())
        .filteredOn(Row::isOurs)
        .allSatisfy(
            row -> {
              assertThat(row.failed()).isNull();
              assertThat(row.peakMegabytes()).isPositive();
            });
    assertThat(folder.resolve("nngeometry.log")).content().contains("noise on " + folder);
    assertThat(folder.resolve("rows.jsonl")).content().hasLineCount(8);
    String table = Files.readString(folder.resolve("table.md"));
    assertThat(table)
        .contains("commit ", "default environment and allocator tuned", Table.markdown(rows()));
    assertThat(out.toString()).endsWith(table);
  }

  @Test
  void anOperationThatTheReferenceDoesNotHaveGivesNoRow() throws IOException {
    Map<String, String> reference = reference("row \"\\\"failed\\\":\\\"KeyError: '$op'\\\"\"");
    assertThat(run(reference, quick("--ops=forward"))).isZero();
    assertThat(rows()).extracting(Row::peer).containsExactly("nngeometry-jvm");
  }

  @Test
  void aProcessThatIsKilledIsARow() throws IOException {
    Map<String, String> reference =
        reference("printf '{\"peer\":\"nngeometry\",\"work'\nkill -9 $$\n");
    assertThat(run(reference, quick("--ops=forward", "--tuned"))).isZero();
    Row row = rows().get(1);
    assertThat(List.of(row.peer(), row.op(), row.n(), row.c(), row.threads(), row.environment()))
        .containsExactly("nngeometry", "forward", 2L, 10L, 1, Environment.TUNED);
    assertThat(row.failed()).isEqualTo("its process was killed by signal 9; see nngeometry.log");
    assertThat(row.seconds()).isNull();
    assertThat(out.toString()).contains("- forward, theirs: its process was killed by signal 9");
  }

  @Test
  void aProcessThatEndsWithoutARowOrNotAtAllIsARow() throws IOException {
    assertThat(run(reference("exit 3"), quick("--ops=forward"))).isZero();
    assertThat(rows().get(1).failed()).startsWith("its process ended with status 3 and no result");
    OwnProcess.Ending ending =
        endingOf(List.of("/bin/sh", "-c", "echo '{\"half\"'; exec sleep 600"), 0.5);
    assertThat(ending.row()).isEmpty();
    assertThat(ending.words()).contains("not done after");
  }

  private OwnProcess.Ending endingOf(List<String> command, double limit) {
    try {
      return OwnProcess.run(command, v -> {}, folder.resolve("log"), limit);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void ourOwnFailuresAreAStatus() {
    assertThat(run(Map.of(), quick("--ops=forward", "--limit=0.001"))).isEqualTo(1);
    assertThat(rows()).singleElement().extracting(Row::failed).asString().contains("was killed");
  }

  @Test
  void aPythonThatIsNotThereIsARow() throws IOException {
    Map<String, String> reference = new HashMap<>(reference("row x"));
    reference.put(Side.PYTHON, folder.resolve("python").toString());
    assertThat(run(reference, quick("--ops=forward"))).isZero();
    assertThat(rows().get(1).failed()).startsWith("its process did not start: ");
  }

  @Test
  void roundsAndThreadsMultiply() {
    assertThat(
            run(
                Map.of(),
                "--workload=small",
                "--n=2",
                "--reps=1",
                "--warm-up=0",
                "--ops=forward",
                "--threads=1,2",
                "--rounds=2",
                "--out=" + folder))
        .isZero();
    assertThat(rows()).extracting(Row::threads).containsExactly(1, 2, 1, 2);
    assertThat(out.toString()).contains("More threads against 1:");
  }

  @Test
  void whatWouldBeMeasuredCanBeListed() {
    assertThat(run(Map.of(), "--workload=resnet18-w16", "--list", "--out=" + folder)).isZero();
    assertThat(out.toString().lines())
        .contains("resnet18-w16 fb 128", "resnet18-w16 lowrank-exact 32");
  }

  @Test
  void mistakesAreExplained() {
    assertThat(run(Map.of(), "--workload", "huge")).isEqualTo(2);
    assertThat(err.toString()).contains("resnet50-64px");
    assertThat(run(Map.of())).isEqualTo(2);
    assertThat(run(Map.of(), quick("--ops", "magic"))).isEqualTo(2);
    assertThat(err.toString()).contains("no operation 'magic'", "kfac-mc1");
    assertThat(run(Map.of(), "--workload=small", "--clock=cpu")).isEqualTo(2);
    assertThat(err.toString()).contains("--threads 1");
    assertThat(run(Map.of(), "--workload=small", "--environments=fast")).isEqualTo(2);
    assertThat(err.toString()).contains("fast", "DEFAULT, TUNED");
  }

  @Test
  void aFileOfRowsIsLaidOut() throws IOException {
    Path file = folder.resolve("old.jsonl");
    Files.writeString(
        file,
        """
        {"peer":"nngeometry-jvm","workload":"small","op":"kfac-mc1","n":8,"c":10,"d":3786,"threads":2,"op_s":0.5,"fb_s":0.25,"ratio":2.0,"reps":3,"peak_rss_mb":300}
        {"peer":"nngeometry","torch":"2.13.0","workload":"small","op":"kfac-mc1","n":8,"c":10,"d":3786,"threads":2,"op_s":2,"fb_s":0.25,"ratio":8,"reps":3,"peak_rss_mb":259}
        """);
    assertThat(run(Map.of(), "--table", file.toString())).isZero();
    assertThat(out.toString().lines())
        .startsWith("**small**, n = 8, c = 10, 2 threads")
        .endsWith(
            "| kfac-mc1 | 0.67 | 0.5000 | 3 | 2.00 | 2.00 | 3.00 | 2.0000 | 3 | 8.00 | 8.00 |"
                + " 12.00 | 4.00 | 300 | 259 |");
  }

  @Test
  void helpTellsOptionsVariablesColumnsAndExamples() {
    assertThat(run(Map.of(), "--help")).isZero();
    assertThat(out.toString())
        .contains(
            "--environments",
            "--rounds",
            "--limit",
            "--max-s",
            "--threads",
            "--out",
            Side.PYTHON,
            Side.PATH,
            Side.SCRIPT,
            "NNGEOMETRY_JAVA_OPTS",
            "x faster FB",
            "over malloc only",
            "Examples:");
    assertThat(out.toString().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
  }
}
