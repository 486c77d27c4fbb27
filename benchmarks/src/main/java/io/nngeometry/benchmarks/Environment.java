package io.nngeometry.benchmarks;

import com.fasterxml.jackson.annotation.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;

/** The variables of a process that measures, the same for both engines. */
enum Environment {
  /** What a user has: none of the variables that change speed. */
  DEFAULT(Map.of(), "default environment"),

  /** As the launcher starts the command: {@code allocator.env}, which says why. */
  TUNED(tuned(), "allocator tuned");

  /** Others that would slow the one side or help the other. */
  private static final List<String> CLEARED =
      List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS", "MKL_NUM_THREADS");

  private final Map<String, String> variables;
  private final String words;

  Environment(Map<String, String> variables, String words) {
    this.variables = variables;
    this.words = words;
  }

  private static Map<String, String> tuned() {
    Properties file = new Properties();
    try (InputStream in = Environment.class.getResourceAsStream("/allocator.env")) {
      file.load(Objects.requireNonNull(in, "allocator.env is missing"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.stringPropertyNames().stream()
        .collect(Collectors.toMap(name -> name, file::getProperty));
  }

  /** Makes the variables of a process these. */
  void applyTo(Map<String, String> process) {
    CLEARED.forEach(process::remove);
    TUNED.variables.keySet().forEach(process::remove);
    process.putAll(variables);
  }

  /** For a reader. */
  String words() {
    return words;
  }

  /** Name on the command line and in rows. */
  @JsonValue
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
