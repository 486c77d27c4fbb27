package io.nngeometry.cli.compare;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A study as text for a terminal, and as a table of all its numbers. */
public record StudyText(Study study) {

  /** Every measurement on a line of its own, by checkpoint. */
  public static String csv(List<Study.State> states, Map<String, List<Measurement>> measurements) {
    String heading = new ResultCsv(List.of()).toString();
    StringBuilder csv = new StringBuilder("checkpoint,step,test_accuracy,").append(heading);
    for (Study.State state : states) {
      String file = state.checkpoint().file();
      new ResultCsv(measurements.getOrDefault(file, List.of()))
          .toString()
          .lines()
          .skip(1)
          .forEach(
              line ->
                  csv.append(file)
                      .append(',')
                      .append(state.checkpoint().step())
                      .append(',')
                      .append(state.checkpoint().testAccuracy())
                      .append(',')
                      .append(line)
                      .append('\n'));
    }
    return csv.toString();
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(states());
    parts.add(table("error of tr F (figure 6)", errors(Study.Errors::trace, Numbers::error)));
    parts.add(
        table("error of v'Fv (figure 5)", errors(Study.Errors::quadraticForm, Numbers::error)));
    parts.add(table("cos(F'v, Fv) (figure 4)", errors(Study.Errors::product, Numbers::cosine)));
    parts.add(table("cosine of v after a solve, mean over the dampings (figure 3)", solves()));
    study.states().forEach(s -> s.gaps().forEach(gap -> parts.add(s.title() + ": " + gap)));
    return parts.stream().collect(Collectors.joining("\n\n"));
  }

  private String states() {
    TextTable table = TextTable.of(2, "", "checkpoint", "right", "tr F");
    for (int k = 0; k < study.states().size(); k++) {
      Study.State state = study.states().get(k);
      table.row(
          List.of(
              column(k),
              state.checkpoint().file(),
              Numbers.percent(state.checkpoint().testAccuracy()),
              Numbers.error(state.trace())));
    }
    return table.toString();
  }

  private static String column(int k) {
    return "#" + (k + 1);
  }

  private String table(String title, List<List<String>> rows) {
    List<String> headings = new ArrayList<>(List.of(""));
    for (int k = 0; k < study.states().size(); k++) {
      headings.add(column(k));
    }
    TextTable table = TextTable.of(1, headings.toArray(String[]::new));
    rows.forEach(table::row);
    return title + ", medians:\n" + table;
  }

  private List<List<String>> errors(
      Function<Study.Errors, Spread> quantity, Function<Double, String> text) {
    List<List<String>> rows = new ArrayList<>();
    for (int r = 0; r < study.states().get(0).representations().size(); r++) {
      List<String> row = new ArrayList<>();
      row.add(study.states().get(0).representations().get(r).name());
      for (Study.State state : study.states()) {
        row.add(text.apply(quantity.apply(state.representations().get(r)).median()));
      }
      rows.add(row);
    }
    return rows;
  }

  private List<List<String>> solves() {
    List<List<String>> rows = new ArrayList<>();
    int dampings = ((List<?>) Objects.requireNonNull(study.settings().get("damping"))).size();
    for (int r = 0; r < study.states().get(0).solves().size(); r++) {
      List<String> row = new ArrayList<>();
      row.add(study.states().get(0).solves().get(r).series());
      for (Study.State state : study.states()) {
        List<Results.Solve.Point> points = state.solves().get(r).points();
        row.add(
            points.size() < dampings
                ? "-"
                : Numbers.cosine(
                    points.stream().mapToDouble(p -> p.cosine().median()).average().orElseThrow()));
      }
      rows.add(row);
    }
    return rows;
  }
}
