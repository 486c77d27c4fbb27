package io.nngeometry.cli;

import io.nngeometry.cli.compare.Figures;
import io.nngeometry.cli.compare.Outcome;
import io.nngeometry.cli.compare.ReportPage;
import io.nngeometry.cli.compare.ResultCsv;
import io.nngeometry.cli.compare.Results;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The directory that {@code compare} fills; every file appears whole or not at all. */
record CompareFiles(Path directory) {
  static CompareFiles in(Path directory) throws IOException {
    return new CompareFiles(OutputFiles.directory("--out", directory));
  }

  /** The network's parameters, as soon as there are any. */
  void weights(Subject subject) throws IOException {
    subject.save(directory.resolve("weights.safetensors"));
  }

  /** One matrix, with the settings behind it. */
  void matrix(PMat matrix, Map<String, Object> settings) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (String name : new String[] {"n", "estimator", "trials", "seed"}) {
      if (settings.containsKey(name)) {
        facts.put(name, String.valueOf(settings.get(name)));
      }
    }
    try {
      OperatorFile.write(
          directory.resolve(matrix.representation() + ".safetensors"), matrix, facts);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Tables, figures and the report. */
  void results(Results results, Outcome outcome) throws IOException {
    OutputFiles.text(directory.resolve("results.json"), Json.of(results) + "\n");
    OutputFiles.text(
        directory.resolve("results.csv"), new ResultCsv(outcome.measurements()).toString());
    OutputFiles.figure(directory.resolve("errors"), Figures.errors(results));
    OutputFiles.figure(directory.resolve("solves"), Figures.solves(results));
    if (results.training().isPresent()) {
      OutputFiles.figure(directory.resolve("training"), Figures.training(results.training().get()));
    }
    new ReportPage(results).html().write(report());
  }

  /** The page that shows everything. */
  Path report() {
    return directory.resolve("report.html");
  }
}
