package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return command.execute(args);
  }

  private List<Row> rows() {
    return out.toString().lines().map(Row::parse).toList();
  }

  @Test
  void everyOperationGivesARow() {
    assertThat(run("--workload", "small", "--n", "8", "--reps", "1", "--threads", "1")).isZero();
    assertThat(rows()).extracting(Row::op).containsExactlyElementsOf(Operations.byName().keySet());
    assertThat(rows())
        .allSatisfy(
            row -> {
              assertThat(row.failed()).isNull();
              assertThat(row.peer()).isEqualTo("nngeometry-jvm");
              assertThat(List.of(row.n(), row.c(), row.d())).containsExactly(8L, 10L, 3786L);
              assertThat(row.threads()).isEqualTo(1);
              assertThat(row.reps()).isEqualTo(1);
              assertThat(row.seconds()).isPositive().isEqualTo(row.least());
              assertThat(row.unit()).isPositive();
              assertThat(row.ratio()).isPositive();
            });
    assertThat(out.toString().lines().findFirst().orElseThrow())
        .contains("\"op_s\":", "\"op_min\":", "\"op_max\":", "\"fb_s\":", "\"workload\":\"small\"");
  }

  @Test
  void batchNormalisationsCanBeCovered() {
    String[] args = {"--workload", "resnet18-w16", "--n", "1", "--reps", "1", "--ops", "forward"};
    run(args);
    run(
        "--no-like-reference",
        args[0],
        args[1],
        args[2],
        args[3],
        args[4],
        args[5],
        args[6],
        args[7]);
    assertThat(rows()).extracting(Row::d).containsExactly(699_066L, 701_466L);
  }

  @Test
  void whatDoesNotFitIsLeftOutOfAll() {
    assertThat(run("--workload", "resnet18-w16", "--list")).isZero();
    assertThat(out.toString().lines()).contains("kfac-mc1").doesNotContain("dense-exact");
  }

  @Test
  void anOperationCanHaveAProcessOfItsOwn() {
    assertThat(
            run(
                "--workload=small",
                "--n=2",
                "--reps=1",
                "--threads=1",
                "--ops=forward,kfac-solve",
                "--each-in-own-process"))
        .isZero();
    assertThat(rows()).extracting(Row::op).containsExactly("forward", "kfac-solve");
  }

  @Test
  void unknownNamesAreRefused() {
    assertThat(run("--workload", "huge")).isEqualTo(2);
    assertThat(err.toString()).contains("resnet50-64px");
    assertThat(run("--workload", "small", "--ops", "magic")).isEqualTo(2);
    assertThat(err.toString()).contains("no operation 'magic'", "kfac-mc1");
  }

  @Test
  void aTableSetsUsBesideThePeer(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(
        file,
        """
        {"peer":"nngeometry-jvm","workload":"small","op":"kfac-mc1","n":8,"c":10,"d":3786,"threads":2,"op_s":0.5,"fb_s":0.25,"ratio":2.0,"reps":3,"peak_rss_mb":300}
        {"peer":"nngeometry","torch":"2.13.0","workload":"small","op":"kfac-mc1","n":8,"c":10,"d":3786,"threads":2,"op_s":2,"fb_s":0.25,"ratio":8,"reps":3,"peak_rss_mb":259}
        {"peer":"nngeometry","workload":"small","op":"gram","n":8,"c":10,"d":3786,"threads":2,"failed":"RuntimeError: no","peak_rss_mb":259}
        """);
    assertThat(run("--table", file.toString())).isZero();
    assertThat(out.toString().lines().skip(2))
        .containsExactly(
            "| small | 8 | 10 | kfac-mc1 | 0.5000 | 2.00 | 2.0000 | 8.00 | 4.00 | 300 | 259 |",
            "| small | 8 | 10 | gram |  |  | failed |  |  |  | 259 |",
            "",
            "- small, gram, theirs: RuntimeError: no");
  }

  @Test
  void aFailureIsARow() {
    Operation broken =
        Operation.of(
            "broken",
            setting -> {
              throw new IllegalStateException("no luck\nat all");
            });
    Setting setting = Setting.of(Workload.byName().get("small"), 2, false);
    Row row = new Stopwatch(0, 1, 1, Clock.WALL).measure(broken, setting, 1);
    assertThat(row.failed()).isEqualTo("java.lang.IllegalStateException: no luck");
    assertThat(Row.parse(row.toJson())).isEqualTo(row);
  }

  @Test
  void theProcessorsClockDoesNotCountWaiting() {
    Operation waiting =
        Operation.of(
            "waiting",
            setting -> {
              try {
                Thread.sleep(300);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Setting setting = Setting.of(Workload.byName().get("small"), 2, false);
    Row wall = new Stopwatch(0, 1, 1, Clock.WALL).measure(waiting, setting, 1);
    Row cpu = new Stopwatch(0, 1, 1, Clock.CPU).measure(waiting, setting, 1);
    assertThat(wall.seconds()).isGreaterThan(0.29);
    assertThat(cpu.seconds()).isLessThan(0.2);
    assertThat(cpu.unit()).isPositive();
    assertThat(cpu.toJson()).contains("\"clock\":\"cpu\"");
    assertThat(Row.parse(cpu.toJson())).isEqualTo(cpu);
  }

  @Test
  void theClockReachesRowsAndProcesses() {
    String[] args = {"--workload=small", "--n=2", "--reps=1", "--ops=forward", "--clock=cpu"};
    assertThat(run(args)).isEqualTo(2);
    assertThat(err.toString()).contains("--threads 1");
    assertThat(run(with(args, "--threads=1"))).isZero();
    assertThat(run(with(args, "--threads=1", "--each-in-own-process"))).isZero();
    assertThat(rows()).extracting(Row::clock).containsExactly(Clock.CPU, Clock.CPU);
    assertThat(Table.markdown(rows())).contains("| forward (cpu) |");
  }

  private static String[] with(String[] args, String... more) {
    return Stream.of(args, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void aProcessThatDiesIsARow() throws Exception {
    Row row =
        Main.rowOf(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx0nonsense"),
            why -> {
              assertThat(why).isEqualTo("its process ended with status 1 and no result");
              return Row.parse("{\"peer\":\"p\",\"failed\":\"" + why + "\"}");
            });
    assertThat(row.failed()).contains("status 1");
  }

  @Test
  void aRowCanBeWrittenForAProcessThatPrintedNone() {
    assertThat(
            run(
                "--workload=small",
                "--n=8",
                "--threads=1",
                "--ops=kfac-mc1",
                "--peer=nngeometry",
                "--failed=killed by signal 9"))
        .isEqualTo(1);
    assertThat(rows()).hasSize(1);
    Row row = rows().get(0);
    assertThat(List.of(row.peer(), row.op(), row.n(), row.c(), row.threads()))
        .containsExactly("nngeometry", "kfac-mc1", 8L, 10L, 1);
    assertThat(row.failed()).isEqualTo("killed by signal 9");
    assertThat(row.seconds()).isNull();
    assertThat(row.peakMegabytes()).isNull();
    assertThat(Table.markdown(rows())).contains("| kfac-mc1 |  |  | failed |");
  }

  @Test
  void medians() {
    assertThat(Stopwatch.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
    assertThat(Stopwatch.median(List.of(4.0, 1.0))).isEqualTo(2.5);
    assertThat(Stopwatch.median(List.of())).isNaN();
  }
}
