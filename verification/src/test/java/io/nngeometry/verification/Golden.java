package io.nngeometry.verification;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Metric;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.io.program.ExportedProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One net of the golden files: its description, inputs and expected results (see README.md beside
 * them). Tensors belong to the scope in which it was read.
 */
final class Golden {
  static final double LAMBDA = 0.01;

  private final String name;
  private final JsonNode json;
  private final TensorFile tensors;
  private final ScalarType type;

  private Golden(String name, JsonNode json, TensorFile tensors, ScalarType type) {
    this.name = name;
    this.json = json;
    this.tensors = tensors;
    this.type = type;
  }

  private static Path directory() {
    try {
      return Path.of(Objects.requireNonNull(Golden.class.getResource("/golden")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The nets there are. */
  static List<String> names() {
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".json"))
          .map(f -> f.substring(0, f.length() - ".json".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a net in float64. */
  static Golden read(String name) {
    return read(name, ScalarType.Double);
  }

  /** Reads a net whose inputs and parameters are of {@code type}; expected values stay float64. */
  static Golden read(String name, ScalarType type) {
    try {
      return new Golden(
          name,
          new ObjectMapper().readTree(directory().resolve(name + ".json").toFile()),
          Safetensors.read(directory().resolve(name + ".safetensors")),
          type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return name;
  }

  JsonNode json() {
    return json;
  }

  ScalarType type() {
    return type;
  }

  /** Keys of all tensors and scalars. */
  Set<String> keys() {
    Set<String> keys = new TreeSet<>(tensors.tensors().keySet());
    json.get("scalars").fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean has(String key) {
    return tensors.tensors().containsKey(key) || json.get("scalars").has(key);
  }

  /** An expected value as stored; a scalar becomes a 0-d tensor. */
  Tensor expected(String key) {
    JsonNode scalar = json.get("scalars").get(key);
    return scalar == null ? tensors.get(key) : Tensors.of(new double[] {scalar.doubleValue()});
  }

  /**
   * The value that {@code key} should have, if the reference's is right, or the file has the right
   * one, and it does not depend on a basis that is free.
   */
  Optional<Tensor> right(String key) {
    JsonNode deviation = json.get("deviations").get(key);
    String right =
        deviation == null ? key : deviation.path("right_key").asText("no right value is stored");
    boolean free = json.get("notes").has(key.replaceAll("\\.[^.]*$", "") + ".basis");
    return has(right) && !free ? Optional.of(expected(right)) : Optional.empty();
  }

  /** The file of inputs and expected values. */
  Path dataFile() {
    return directory().resolve(name + ".safetensors");
  }

  /** An input in the net's type. */
  Tensor input(String key) {
    Tensor t = tensors.get(key);
    return t.is_floating_point() ? t.to(type) : t;
  }

  /** The examples with their labels, in batches of three: the last one is short. */
  Examples examples() {
    return Examples.of(input("x"), input("y")).batches(3);
  }

  /** The likelihood that the net's loss stands for. */
  Metric classification() {
    return json.get("loss").asText().equals("cross_entropy")
        ? Metric.categorical()
        : Metric.bernoulli();
  }

  long outputs() {
    return json.get("c").asLong();
  }

  long size() {
    return json.get("n").asLong();
  }

  long parameters() {
    return json.get("d").asLong();
  }

  /** The module with the stored parameters and buffers. */
  GoldenNet net() {
    GoldenNet net = new GoldenNet(json);
    net.to(type);
    net.loadFrom(tensors.tensors());
    return net;
  }

  /** The file of the exported program. */
  Path programFile() {
    return directory().resolve(name + ".pt2");
  }

  /** The program that PyTorch exported, in the net's type. */
  ExportedProgram program() throws IOException {
    ExportedProgram program = ExportedProgram.load(programFile());
    return type == ScalarType.Double ? program : program.to(type);
  }

  static long[] longs(JsonNode array) {
    List<Long> values = new ArrayList<>();
    array.forEach(v -> values.add(v.asLong()));
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
