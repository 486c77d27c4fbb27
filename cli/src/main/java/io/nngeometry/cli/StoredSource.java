package io.nngeometry.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The file of an implicit matrix: no tensor, but the options that describe it, from which its
 * products are computed again. Paths are as they were written on the command line.
 */
@Command
final class StoredSource {
  private static final String FORMAT = "nngeometry-implicit";
  private static final String OPTIONS = "options";
  private static final ObjectMapper JSON = new ObjectMapper();

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private FisherOptions fisher;
  @Mixin private LimitOptions limits;

  @Option(names = "--of")
  private MatrixKind kind = MatrixKind.FISHER;

  /** Names of the options that describe a matrix. */
  static Set<String> options() {
    return CommandSpec.forAnnotatedObject(new StoredSource()).optionsMap().keySet();
  }

  /** Those of them that {@code command} was given, as words. */
  static List<String> given(CommandLine command) {
    Set<String> mine = options();
    List<String> words = new ArrayList<>();
    for (OptionSpec option : command.getParseResult().matchedOptions()) {
      if (mine.contains(option.longestName())) {
        if (option.type() == boolean.class) {
          words.add(option.longestName());
        } else {
          option.originalStringValues().forEach(v -> words.add(option.longestName() + "=" + v));
        }
      }
    }
    return words;
  }

  /** Writes the options that {@code command} was given. */
  static void write(Path file, MatrixKind kind, CommandLine command, Map<String, String> facts)
      throws IOException {
    List<String> words = new ArrayList<>(given(command));
    words.add("--of=" + kind);
    Map<String, String> metadata = new LinkedHashMap<>(facts);
    metadata.put("format", FORMAT);
    metadata.put("version", "1");
    metadata.put("representation", "implicit");
    metadata.put(OPTIONS, JSON.writeValueAsString(words));
    Safetensors.write(file, Map.of(), metadata);
  }

  /**
   * The matrix that {@code file} describes, if it is such a file.
   *
   * @param others options that take the place of the file's
   */
  static Optional<MatrixSource> read(Path file, List<String> others) throws IOException {
    Map<String, String> metadata;
    try (TensorFile content = Safetensors.read(file, name -> false)) {
      metadata = content.metadata();
    }
    if (!FORMAT.equals(metadata.get("format"))) {
      return Optional.empty();
    }
    try {
      List<String> words = new ArrayList<>();
      JSON.readTree(metadata.getOrDefault(OPTIONS, "")).forEach(word -> words.add(word.asText()));
      words.addAll(others);
      StoredSource stored = new StoredSource();
      new CommandLine(stored)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setOverwrittenOptionsAllowed(true)
          .parseArgs(words.toArray(String[]::new));
      return Optional.of(stored.source());
    } catch (JsonProcessingException | ParameterException e) {
      throw new UserException(
          "%s: its options cannot be read (%s); write it again with 'nngeometry fim'"
              .formatted(file, Explanation.line(e)),
          e);
    }
  }

  private MatrixSource source() {
    return new MatrixSource(model, data, fisher, limits, kind);
  }
}
