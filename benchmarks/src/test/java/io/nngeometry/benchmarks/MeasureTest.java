package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MeasureTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine command = Measure.commandLine();
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
  void whatDoesNotFitIsLeftOutOrHasFewerExamples() {
    assertThat(run("--workload", "resnet18-w16", "--list")).isZero();
    assertThat(out.toString().lines())
        .contains("kfac-mc1 128", "lowrank-exact 32", "jacobian 32")
        .noneMatch(line -> line.startsWith("dense-exact"));
  }

  @Test
  void unknownNamesAreRefused() {
    assertThat(run("--workload", "huge")).isEqualTo(2);
    assertThat(err.toString()).contains("resnet50-64px");
    assertThat(run("--workload", "small", "--ops", "magic")).isEqualTo(2);
    assertThat(err.toString()).contains("no operation 'magic'", "kfac-mc1");
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
  void theClockReachesRows() {
    String[] args = {"--workload=small", "--n=2", "--reps=1", "--ops=forward", "--clock=cpu"};
    assertThat(run(with(args, "--threads=2"))).isEqualTo(2);
    assertThat(err.toString()).contains("--threads 1");
    assertThat(run(with(args, "--threads=1"))).isZero();
    assertThat(rows()).extracting(Row::clock).containsExactly(Clock.CPU);
  }

  private static String[] with(String[] args, String... more) {
    return Stream.of(args, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void medians() {
    assertThat(Stopwatch.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
    assertThat(Stopwatch.median(List.of(4.0, 1.0))).isEqualTo(2.5);
    assertThat(Stopwatch.median(List.of())).isNaN();
  }
}
