package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.io.program.TrainingModeException;
import io.nngeometry.io.program.UnsupportedOperatorException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that are damaged, or made to deceive, end in one clear exception or run. */
class HostileProgramTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "/models/model.json";
  private static final String WEIGHTS = "/data/weights/model_weights_config.json";

  @TempDir Path directory;

  private static Map<String, byte[]> unpacked(String net) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    Path file = ExportedNetsTest.directory().resolve(net + ".pt2");
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry e : Collections.list(zip.entries())) {
        entries.put(e.getName(), zip.getInputStream(e).readAllBytes());
      }
    }
    return entries;
  }

  private Path packed(Map<String, byte[]> entries) throws IOException {
    Path file = directory.resolve("hostile.pt2");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(e.getValue().length);
        zip.putNextEntry(entry);
        zip.write(e.getValue());
      }
    }
    return file;
  }

  /** The file with one entry changed. */
  private Path changed(String net, String entry, UnaryOperator<byte[]> change) throws IOException {
    Map<String, byte[]> entries = unpacked(net);
    String name = net + entry;
    assertThat(entries).containsKey(name);
    entries.put(name, change.apply(entries.get(name)));
    return packed(entries);
  }

  private Path replaced(String net, String entry, String from, String to) throws IOException {
    return changed(
        net,
        entry,
        bytes -> {
          String text = new String(bytes, StandardCharsets.UTF_8);
          assertThat(text).contains(from);
          return text.replace(from, to).getBytes(StandardCharsets.UTF_8);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.aten.from_file.default" | aten.from_file.default
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.aten.as_strided.default" | aten.as_strided.default
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.aten.set_.source_Storage" | aten.set
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.custom.tanh.default" | torch.ops.custom
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.aten.tanh.out" | argument
          "target": "torch.ops.aten.tanh.default" | "target": "os.system" | os.system
          "target": "torch.ops.aten.tanh.default" | "target": "torch.ops.aten.tanh.nonsense" | aten.tanh.nonsense
          "major": 8 | "major": 9 | schema version 9
          "parameter_name": "a.weight" | "parameter_name": "other" | no tensor 'other'
          "parameter_name": "a.weight" | "parameter_name": "a.bias" | shape
          {"user_input" | {"custom_obj" | custom_obj
          "as_ints": | "as_graph": | as_graph
          """)
  void graphs(String from, String to, String message) throws IOException {
    Path file = replaced("two_inputs", MODEL, from, to);
    assertThatThrownBy(() -> ExportedProgram.load(file)).hasMessageContaining(message);
  }

  @Test
  void deepJson() throws IOException {
    Path file =
        changed("wave", MODEL, bytes -> "{\"a\":".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> ExportedProgram.load(file)).isInstanceOf(CorruptFileException.class);
  }

  @Test
  void mutatedArchivesEndInOneErrorOrRun() throws IOException {
    byte[] valid = Files.readAllBytes(ExportedNetsTest.directory().resolve("wave.pt2"));
    Path file = directory.resolve("mutated.pt2");
    Outcomes outcomes = new Outcomes("wave");
    Random random = new Random(1);
    for (int i = 0; i < 1500; i++) {
      Files.write(file, mutated(valid, random));
      outcomes.of(file, i);
    }
    assertThat(outcomes.refused).isGreaterThan(1000);
  }

  @ParameterizedTest
  @CsvSource({"wave," + MODEL, "wave," + WEIGHTS, "gpt," + MODEL, "frames," + MODEL})
  void mutatedTextsInIntactArchivesEndInOneErrorOrRun(String net, String entry) throws IOException {
    Map<String, byte[]> entries = unpacked(net);
    byte[] valid = entries.get(net + entry);
    Outcomes outcomes = new Outcomes(net);
    Random random = new Random(2);
    for (int i = 0; i < 500; i++) {
      entries.put(net + entry, mutated(valid, random));
      outcomes.of(packed(entries), i);
    }
    assertThat(outcomes.refused).isGreaterThan(100);
  }

  /** Mutations that leave the JSON well formed: other numbers, other names, parts left out. */
  @ParameterizedTest
  @CsvSource({
    "wave," + MODEL,
    "wave," + WEIGHTS,
    "gpt_any_length," + MODEL,
    "unet_decomposed," + MODEL,
    "odd," + MODEL,
    "resnet_fixed," + MODEL,
    "perceiver," + MODEL
  })
  void mutatedGraphsEndInOneErrorOrRun(String net, String entry) throws IOException {
    Map<String, byte[]> entries = unpacked(net);
    JsonNode valid = JSON.readTree(entries.get(net + entry));
    Outcomes outcomes = new Outcomes(net);
    Random random = new Random(3);
    for (int i = 0; i < 500; i++) {
      JsonNode copy = valid.deepCopy();
      for (int n = 1 + random.nextInt(2); n > 0; n--) {
        mutate(copy, random);
      }
      entries.put(net + entry, JSON.writeValueAsBytes(copy));
      outcomes.of(packed(entries), i);
    }
    assertThat(outcomes.refused).isGreaterThan(50);
    assertThat(outcomes.ran).isGreaterThan(20);
  }

  private static byte[] mutated(byte[] valid, Random random) {
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(valid, random.nextInt(valid.length + 16));
    }
    byte[] bytes = valid.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static void mutate(JsonNode root, Random random) {
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    JsonNode parent = containers.get(random.nextInt(containers.size()));
    if (parent instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(6)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(names.get(random.nextInt(names.size())), object.get(name));
        default -> object.set(name, other(object.get(name), root, random));
      }
    } else if (parent instanceof ArrayNode array && !array.isEmpty()) {
      int k = random.nextInt(array.size());
      switch (random.nextInt(6)) {
        case 0 -> array.remove(k);
        case 1 -> array.add(array.get(k).deepCopy());
        default -> array.set(k, other(array.get(k), root, random));
      }
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private static JsonNode other(JsonNode value, JsonNode root, Random random) {
    if (value.isIntegralNumber()) {
      long[] numbers = {0, -1, 1, 2, 3, 7, value.longValue() + 1, -value.longValue(), 1 << 20};
      long[] absurd = {1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MIN_VALUE};
      return random.nextInt(3) == 0
          ? new LongNode(absurd[random.nextInt(absurd.length)])
          : new LongNode(numbers[random.nextInt(numbers.length)]);
    }
    List<JsonNode> texts = new ArrayList<>();
    texts(root, texts);
    return switch (random.nextInt(4)) {
      case 0 -> NullNode.getInstance();
      case 1 -> new IntNode(random.nextInt(100) - 50);
      case 2 -> new TextNode("nonsense");
      default -> value.isTextual() ? texts.get(random.nextInt(texts.size())) : new TextNode("1");
    };
  }

  private static void texts(JsonNode node, List<JsonNode> texts) {
    if (node.isTextual()) {
      texts.add(node);
    }
    node.forEach(child -> texts(child, texts));
  }

  /** What files ended in. */
  private static final class Outcomes {
    private final Tensor[] inputs;
    int refused;
    int ran;

    Outcomes(String net) throws IOException {
      inputs = ExportedNetsTest.Net.read(net).inputs().toArray(Tensor[]::new);
    }

    void of(Path file, int mutation) throws IOException {
      try (Scope scope = Scope.open()) {
        ExportedProgram program = ExportedProgram.load(file);
        try (GradMode none = GradMode.disabled()) {
          program.forward(inputs);
          ran++;
        } catch (IllegalArgumentException e) {
          refused++;
        }
      } catch (CorruptFileException e) {
        assertThat(e).hasMessageStartingWith(file + ": ");
        refused++;
      } catch (UnsupportedOperatorException | TrainingModeException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        Files.copy(
            file,
            Path.of(System.getProperty("java.io.tmpdir")).resolve("nngeometry-hostile.pt2"),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        throw new AssertionError("mutation " + mutation + " ended in something else", e);
      }
    }
  }
}
