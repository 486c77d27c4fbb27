package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final String OURS = "nngeometry-jvm";
  private static final String THEIRS = "nngeometry";

  /** A row in one repetition. */
  private static String row(
      String peer, String op, int threads, String environment, double seconds, double unit) {
    return String.format(
        Locale.ROOT,
        """
        {"peer":"%s","workload":"small","op":"%s","n":8,"c":10,"d":3786,"threads":%d,\
        "environment":"%s","op_s":%s,"fb_s":%s,"ratio":%s,"reps":1}""",
        peer,
        op,
        threads,
        environment,
        seconds,
        unit,
        seconds / unit);
  }

  private static String ranged(String row, double least, double greatest) {
    return row.replace(
        "\"fb_s\"", "\"op_min\":%s,\"op_max\":%s,\"fb_s\"".formatted(least, greatest));
  }

  private static List<Row> rows(String... lines) {
    return Arrays.stream(lines).map(Row::parse).toList();
  }

  private static List<String> markdown(String... lines) {
    return Table.markdown(rows(lines)).lines().toList();
  }

  @Test
  void secondsRangesMultiplesAndTheLowerBound() {
    assertThat(
            markdown(
                ranged(row(OURS, "kfac-exact", 1, "default", 2.0, 0.5), 1.9, 2.5),
                row(THEIRS, "kfac-exact", 1, "default", 4.0, 0.25)))
        .containsExactly(
            "**small**, n = 8, c = 10, 1 thread, default environment",
            "",
            "| op | bound FB | ours s | min–max | reps | x FB | x faster FB | x bound |"
                + " theirs s | reps | x FB | x faster FB | x bound | theirs / ours |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
            // 4 of our FB of 0.5 s are 8 of theirs of 0.25 s, and 2.4 times the bound of 10/3
            "| kfac-exact | 3.33 | 2.0000 | 1.9000–2.5000 | 1 | 4.00 | 8.00 | 2.40 |"
                + " 4.0000 | 1 | 16.00 | 16.00 | 4.80 | 2.00 |");
  }

  @Test
  void withoutAPeerItsColumnsAreLeftOut() {
    assertThat(markdown(row(OURS, "kfac-solve", 2, "tuned", 2.0, 0.5)))
        .containsExactly(
            "**small**, n = 8, c = 10, 2 threads, allocator tuned",
            "",
            "| op | ours s | reps | x FB |",
            "|---|--:|--:|--:|",
            "| kfac-solve | 2.0000 | 1 | 4.00 |");
  }

  @Test
  void aForwardAndBackwardIsThatOfAllRowsOfItsEngine() {
    assertThat(
            markdown(
                ranged(row(OURS, "fb", 1, "tuned", 0.3, 0.3), 0.2, 0.4),
                row(OURS, "kfac-mc1", 1, "tuned", 1, 0.5),
                row(OURS, "gram", 1, "tuned", 1, 0.2),
                row(THEIRS, "kfac-mc1", 1, "tuned", 1, 0.5),
                row(THEIRS, "diag-mc1", 1, "tuned", 1, 0.6),
                row(THEIRS, "gram", 1, "tuned", 1, 1.2)))
        .contains(
            "| fb | 1.00 | 0.3000 | 0.2000–0.5000 | 3 | 1.00 | 1.00 | 1.00 |"
                + " 0.6000 | 0.5000–1.2000 | 3 | 1.00 | 2.00 | 2.00 | 2.00 |");
  }

  @Test
  void aLeadThatATunedAllocatorTakesAwayIsSaidToBeOverMallocOnly() {
    List<String> lines =
        markdown(
            row(OURS, "diag-mc1", 1, "default", 1, 1),
            row(THEIRS, "diag-mc1", 1, "default", 3, 1),
            row(OURS, "diag-mc1", 1, "tuned", 1, 1),
            row(THEIRS, "diag-mc1", 1, "tuned", 0.9, 1),
            row(OURS, "kfac-mc1", 1, "default", 1, 1),
            row(THEIRS, "kfac-mc1", 1, "default", 3, 1),
            row(OURS, "kfac-mc1", 1, "tuned", 1, 1),
            row(THEIRS, "kfac-mc1", 1, "tuned", 2, 1),
            // never ahead, and never compared with the allocator tuned
            row(OURS, "gram", 1, "default", 1, 1),
            row(THEIRS, "gram", 1, "default", 0.8, 1),
            row(OURS, "gram", 1, "tuned", 1, 1),
            row(THEIRS, "gram", 1, "tuned", 0.9, 1),
            row(OURS, "jacobian", 1, "default", 1, 1),
            row(THEIRS, "jacobian", 1, "default", 2, 1));
    assertThat(lines.stream().filter(line -> line.contains("over malloc only |")))
        .singleElement()
        .asString()
        .startsWith("| diag-mc1 ")
        .endsWith("| 3.00 | over malloc only |");
    assertThat(lines)
        .endsWith(
            "Ahead over malloc only (theirs / ours above 1 in the default environment, not with the"
                + " allocator tuned on both sides):",
            "",
            "- **small**, n = 8, c = 10, 1 thread, default environment, diag-mc1: 3.00, tuned 0.90");
  }

  @Test
  void moreThreadsAreSetAgainstTheFewest() {
    assertThat(
            markdown(
                row(OURS, "kfac-mc1", 1, "tuned", 3, 1),
                row(THEIRS, "kfac-mc1", 1, "tuned", 4, 1),
                row(OURS, "kfac-mc1", 2, "tuned", 2, 1),
                row(THEIRS, "kfac-mc1", 2, "tuned", 5, 1),
                row(OURS, "gram-one", 2, "tuned", 2, 1)))
        .endsWith(
            "More threads against 1:",
            "",
            "| workload | n | environment | op | threads | ours s | with 1 | ours, times faster |"
                + " theirs, times faster |",
            "|---|--:|---|---|--:|--:|--:|--:|--:|",
            "| small | 8 | tuned | kfac-mc1 | 2 | 2.0000 | 3.0000 | 1.50 | 0.80 |");
  }

  @Test
  void roundsAreTakenTogether() {
    Row all =
        Row.of(
            rows(
                ranged(row(OURS, "gram", 1, "tuned", 3, 1), 2, 4),
                row(OURS, "gram", 1, "tuned", 9, 3),
                ranged(row(OURS, "gram", 1, "tuned", 8, 2), 7, 8.5)));
    assertThat(List.of(all.seconds(), all.least(), all.greatest(), all.unit(), all.ratio()))
        .containsExactly(8.0, 2.0, 9.0, 2.0, 3.0);
    assertThat(all.reps()).isEqualTo(3);
  }

  @Test
  void aRoundThatFailedCountsOnlyIfAllDid() {
    Row good = rows(row(OURS, "gram", 1, "tuned", 3, 1)).get(0);
    Row bad =
        Row.parse(
            "{\"peer\":\"p\",\"workload\":\"small\",\"op\":\"gram\",\"n\":8,\"c\":10,"
                + "\"threads\":1,\"failed\":\"no luck\"}");
    assertThat(Row.of(List.of(bad, good))).isEqualTo(good);
    assertThat(Row.of(List.of(bad, bad))).isEqualTo(bad);
  }

  @Test
  void failuresAreToldBelowTheirSection() {
    List<Row> rows = new ArrayList<>(rows(row(OURS, "gram", 1, "tuned", 3, 1)));
    rows.add(
        Row.parse(
            """
            {"peer":"nngeometry","workload":"small","op":"gram","n":8,"c":10,"threads":1,\
            "environment":"tuned","failed":"RuntimeError: no","peak_rss_mb":259}"""));
    assertThat(Table.markdown(rows).lines().skip(2))
        .containsExactly(
            "| op | bound FB | ours s | reps | x FB | x bound | theirs s | theirs MB |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
            "| gram | 3.67 | 3.0000 | 1 | 3.00 | 0.82 | failed | 259 |",
            "",
            "- gram, theirs: RuntimeError: no");
  }

  @Test
  void theClockIsTold() {
    String cpu =
        row(OURS, "gram", 1, "tuned", 3, 1).replace("\"op_s\"", "\"clock\":\"cpu\",\"op_s\"");
    assertThat(markdown(cpu))
        .first()
        .isEqualTo("**small**, n = 8, c = 10, 1 thread, processor time, allocator tuned");
  }
}
