package io.nngeometry.cli.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.io.AtomicFiles;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * States of a network on its way through a training, in a folder: a safetensors file of weights for
 * each, and an index, {@code checkpoints.json}, in the order of the training. Every file is written
 * beside and renamed, and the index after what it names, so that whoever reads the folder while a
 * training goes on sees whole states alone.
 *
 * <pre>{@code
 * Checkpoints checkpoints = Checkpoints.read(folder);
 * Module net = Architecture.of(checkpoints.network()).build();
 * for (Checkpoints.Entry entry : checkpoints.entries()) {
 *   checkpoints.load(entry, net);
 *   ... // entry.title(), entry.testAccuracy()
 * }
 * }</pre>
 *
 * @param folder where they are
 * @param network what the weights are of: {@code model}, {@code input}, {@code classes}, {@code
 *     width}, as in the metadata of a file of weights
 * @param data what it was trained on
 * @param entries the states, the earliest first
 */
public record Checkpoints(
    Path folder, Map<String, String> network, Map<String, String> data, List<Entry> entries) {
  /** The name of the index. */
  public static final String INDEX = "checkpoints.json";

  private static final String FORMAT = "nngeometry-checkpoints";
  private static final int VERSION = 1;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  /** Copies. */
  public Checkpoints {
    network = Collections.unmodifiableMap(new TreeMap<>(network)); // the same text each time
    data = Collections.unmodifiableMap(new TreeMap<>(data));
    entries = List.copyOf(entries);
  }

  /**
   * One state.
   *
   * @param file name of its file in the folder
   * @param epoch full epochs that came before
   * @param step minibatches that came before
   * @param testAccuracy share of the held-out images classified rightly, as far as it was measured
   * @param thresholds accuracies that it is the first to exceed; none for the state before training
   *     and for those kept for their time
   */
  public record Entry(
      String file, int epoch, long step, double testAccuracy, List<Double> thresholds) {
    /** Copies. */
    public Entry {
      thresholds = thresholds == null ? List.of() : List.copyOf(thresholds);
    }

    /** What a figure calls it: where it stands and how good it is. */
    public String title() {
      String accuracy = String.format(Locale.ROOT, "%.1f%% right", 100 * testAccuracy);
      return step == 0
          ? "initial, " + accuracy
          : "step %d (epoch %d), %s".formatted(step, epoch, accuracy);
    }

    /** What the file's metadata say of it. */
    Map<String, String> facts() {
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("epoch", Integer.toString(epoch));
      facts.put("step", Long.toString(step));
      facts.put("test_accuracy", Double.toString(testAccuracy));
      facts.put(
          "thresholds", String.join(",", thresholds.stream().map(t -> t.toString()).toList()));
      return facts;
    }
  }

  /** The index as it is written. */
  private record Index(
      String format,
      int version,
      Map<String, String> network,
      Map<String, String> data,
      List<Entry> checkpoints) {
    /** Whether it has all its parts: a file need not. */
    boolean isWhole() {
      return Stream.of(format, network, data, checkpoints).allMatch(Objects::nonNull)
          && checkpoints.stream().allMatch(e -> e != null && e.file() != null);
    }
  }

  /** A folder without states. */
  public static Checkpoints none(
      Path folder, Map<String, String> network, Map<String, String> data) {
    return new Checkpoints(folder, network, data, List.of());
  }

  /** Whether {@code folder} has an index. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(INDEX));
  }

  /**
   * Reads the index of {@code folder}.
   *
   * @throws CorruptFileException naming the index, if it is none of ours or lists a file that is
   *     not there
   * @throws IOException naming the index, if it cannot be read
   */
  public static Checkpoints read(Path folder) throws IOException {
    Path file = folder.resolve(INDEX);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "no %s in %s; 'nngeometry train --checkpoints %s' makes one"
              .formatted(INDEX, folder, folder));
    }
    Index index;
    try {
      index = MAPPER.readValue(Files.readAllBytes(file), Index.class);
    } catch (JsonProcessingException e) {
      throw new CorruptFileException(file, "this is no index of checkpoints", e);
    }
    if (index == null || !index.isWhole()) {
      throw new CorruptFileException(file, "this is no index of checkpoints");
    }
    if (!FORMAT.equals(index.format()) || index.version() != VERSION) {
      throw new CorruptFileException(
          file,
          "%s, version %d, where %s, version %d, is read"
              .formatted(index.format(), index.version(), FORMAT, VERSION));
    }
    Checkpoints found = new Checkpoints(folder, index.network(), index.data(), index.checkpoints());
    for (Entry entry : found.entries()) {
      Path weights = found.file(entry);
      if (!folder.equals(weights.getParent()) || !Files.isRegularFile(weights)) {
        throw new CorruptFileException(
            file, "it lists %s, which is not in the folder".formatted(entry.file()));
      }
    }
    return found;
  }

  /** The file of a state. */
  public Path file(Entry entry) {
    return folder.resolve(entry.file());
  }

  /**
   * Loads a state into {@code net}, and leaves it in evaluation mode.
   *
   * @throws IllegalArgumentException if it is another network's
   */
  public void load(Entry entry, Module net) throws IOException {
    try (TensorFile weights = Safetensors.read(file(entry))) {
      net.load(weights.tensors());
    }
    net.eval();
  }

  /** With one more state, {@code net}'s, whose file is written before the index names it. */
  Checkpoints with(Entry entry, Module net) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(network);
    metadata.putAll(entry.facts());
    metadata.put("format", "nngeometry-weights");
    metadata.put("version", "1");
    Safetensors.write(file(entry), net.state(), metadata);
    List<Entry> more = new ArrayList<>(entries);
    more.removeIf(e -> e.file().equals(entry.file()));
    more.add(entry);
    return written(more);
  }

  /** Those of the first {@code step} steps; the files of later ones are removed. */
  Checkpoints until(long step) throws IOException {
    Checkpoints kept = written(entries.stream().filter(e -> e.step() <= step).toList());
    for (Entry entry : entries) {
      if (entry.step() > step) {
        Files.deleteIfExists(file(entry));
      }
    }
    return kept;
  }

  private Checkpoints written(List<Entry> other) throws IOException {
    byte[] json =
        (MAPPER.writeValueAsString(new Index(FORMAT, VERSION, network, data, other)) + "\n")
            .getBytes(StandardCharsets.UTF_8);
    AtomicFiles.writeStream(folder.resolve(INDEX), out -> out.write(json));
    return new Checkpoints(folder, network, data, other);
  }
}
