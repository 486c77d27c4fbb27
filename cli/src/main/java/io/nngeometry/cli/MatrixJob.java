package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Computes a matrix and writes it.
 *
 * @param source which matrix
 * @param representations in which forms
 * @param refreshed the file of a matrix whose eigenvectors it is to have, or null
 * @param out the file of the only one, or of which each has its form before the ending
 */
record MatrixJob(
    MatrixSource source, List<Representation> representations, @Nullable Path refreshed, Path out) {
  private static final String SUFFIX = ".safetensors";

  /** Takes every form once. */
  MatrixJob {
    representations = representations.stream().distinct().toList();
    representations.forEach(source.kind()::check);
  }

  /** Of some forms. */
  MatrixJob(MatrixSource source, List<Representation> representations, Path out) {
    this(source, representations, null, out);
  }

  /** Of the form {@link Representation#refresh}. */
  static MatrixJob refreshing(MatrixSource source, Path refreshed, Path out) {
    return new MatrixJob(source, List.of(Representation.EKFAC), refreshed, out);
  }

  /**
   * What is said of it.
   *
   * @param settings every setting by its option's name
   * @param parameters of the network, d
   * @param seconds it took
   * @param matrices what was written
   */
  record Report(
      Map<String, Object> settings, long parameters, double seconds, List<Written> matrices) {

    @Override
    public String toString() {
      TextTable table = TextTable.of(2, "representation", "file", "memory", "trace");
      for (Written m : matrices) {
        table.row(
            List.of(
                m.representation,
                m.file,
                MemoryBudget.human(m.bytes),
                m.trace.map(t -> "%.6g".formatted(t)).orElse("-")));
      }
      return "%s of %s: %s parameters, %s examples, %s%n%s"
          .formatted(
              settings.get("of"),
              settings.get("model"),
              Numbers.grouped(parameters),
              settings.get("n"),
              Numbers.seconds(seconds),
              table);
    }
  }

  /**
   * One matrix.
   *
   * @param representation its form
   * @param file where it is
   * @param bytes it takes
   * @param trace its trace, if it is stored
   */
  record Written(String representation, String file, long bytes, Optional<Double> trace) {}

  /** Does it, for {@code command}. */
  void run(CommandLine command, OutputOptions output) throws IOException {
    Stopwatch watch = Stopwatch.start();
    source.check();
    for (Representation r : representations) {
      OutputFiles.file("--out", file(r));
    }
    output.startEngine();
    try (Scope scope = Scope.open();
        MatrixSource.Opened opened = source.open()) {
      Map<String, Object> settings = opened.settings();
      Map<String, String> facts = new LinkedHashMap<>();
      settings.forEach((name, value) -> facts.put(name, String.valueOf(value)));
      List<Representation> stored =
          representations.stream().filter(r -> r != Representation.IMPLICIT).toList();
      List<PMat> matrices = stored.isEmpty() ? List.of() : matrices(opened, stored, output);
      List<Written> written = new ArrayList<>();
      for (int k = 0; k < matrices.size(); k++) {
        try (PMat m = matrices.get(k)) {
          Representation r = stored.get(k);
          OperatorFile.write(file(r), m, facts);
          written.add(new Written(r.name(), file(r).toString(), m.bytes(), Optional.of(m.trace())));
        }
      }
      if (stored.size() < representations.size()) {
        Path file = file(Representation.IMPLICIT);
        StoredSource.write(file, source.kind(), command, facts);
        written.add(new Written("implicit", file.toString(), 0, Optional.empty()));
      }
      Report report =
          new Report(settings, opened.network().layers().size(), watch.seconds(), written);
      output.print(output.json() ? Json.of(report) : report.toString());
    }
  }

  private List<PMat> matrices(
      MatrixSource.Opened opened, List<Representation> stored, OutputOptions output)
      throws IOException {
    if (refreshed == null) {
      return opened.as(stored, output.progress());
    }
    try (PMat before = OperatorFile.read(refreshed, opened.network().layers())) {
      return opened.as(List.of(Representation.refresh(before)), output.progress());
    } catch (IllegalArgumentException e) {
      throw new UserException("--refresh: " + e.getMessage(), e);
    }
  }

  private Path file(Representation representation) {
    if (representations.size() == 1) {
      return out;
    }
    String ending = out.toString().endsWith(SUFFIX) ? SUFFIX : "";
    return OutputFiles.sibling(out, SUFFIX, "-" + representation.name() + ending);
  }
}
