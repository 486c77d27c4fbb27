package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of torch.save, honest ones (make_pickles.py) and others. */
class StateDictTest {
  @TempDir Path directory;

  @Test
  void everyTypeAndLayoutIsAsPyTorchWroteIt() throws IOException {
    try (TensorFile mine = StateDict.read(Samples.fromPython("state_dict.pt"));
        TensorFile expected = Safetensors.read(Samples.fromPython("expected.safetensors"))) {
      assertThat(mine.tensors().keySet())
          .containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
      for (Map.Entry<String, Tensor> e : expected.tensors().entrySet()) {
        Tensor t = mine.get(e.getKey());
        assertThat(Samples.same(t, e.getValue())).as(e.getKey()).isTrue();
        assertThat(Tensors.shape(t)).isEqualTo(Tensors.shape(e.getValue()));
        assertThat(t.is_contiguous()).as(e.getKey()).isTrue();
      }
    }
  }

  @Test
  void containersOfACheckpointAreFlattened() throws IOException {
    try (TensorFile file = StateDict.read(Samples.fromPython("checkpoint.pth"))) {
      assertThat(file.tensors().keySet())
          .containsExactly(
              "model.fc1.weight",
              "model.fc1.bias",
              "model.bn.weight",
              "model.bn.bias",
              "model.bn.running_mean",
              "model.bn.running_var",
              "model.bn.num_batches_tracked",
              "model.fc2.weight",
              "model.fc2.bias",
              "optimizer.state.0.step");
      assertThat(file.get("optimizer.state.0.step").item_double()).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          module.pt  | __main__.Net
          evil.pt    | posix.system
          complex.pt | torch.ComplexFloatStorage
          legacy.pt  | not a zip file
          script.pt  | TorchScript
          """)
  void whatIsNoTensorIsRefusedByName(String file, String message) throws IOException {
    Path path = Samples.fromPython(file);
    assertThatThrownBy(() -> StateDict.read(path))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(message);
  }

  /**
   * Pickles in pickletools' notation: text in backquotes is length-prefixed, {@code \\xx} a byte.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cos\\0asystem\\0a(X`touch /tmp/x`tR.      | os.system
          cbuiltins\\0aeval\\0a(X`1`tR.             | builtins.eval
          X`os`X`system`\\93)R.                     | os.system
          cbuiltins\\0agetattr\\0a.                 | builtins.getattr
          ctorch\\0aload\\0a(X`evil`tR.             | torch.load
          ctorch\\0aFloatStorage\\0a(tR.            | its pickle calls torch.FloatStorage
          X`os`(tR.                                 | calls something that is no name
          ccollections\\0aOrderedDict\\0a(K\\01tR.  | something else than pairs
          ctorch._utils\\0a_rebuild_tensor_v2\\0a)R. | describes a tensor
          ctorch._utils\\0a_rebuild_tensor_v2\\0a(NK\\00))tR. | describes a tensor
          h\\05.                                    | never kept
          q\\00.                                    | takes a value where there is none
          t.                                        | where none begin
          (.                                        | where there is none
          (K\\01.                                   | more than one
          0.                                        | where there is none
          K\\01K\\02.                               | more than one
          R.                                        | where there is none
          K\\01a.                                   | where there is none
          K\\01K\\01a.                              | no list
          }K\\01u.                                  | where none begin
          }(K\\01u.                                 | a key without a value
          }(]K\\01u.                                | neither text nor a number
          }((tK\\01u.                               | neither text nor a number
          X\\ff\\ff\\ff\\7fabc.                     | ends too early
          X\\ff\\ff\\ff\\ffabc.                     | ends too early
          \\8d\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\7fa.    | ends too early
          B\\ff\\ff\\ff\\7f.                        | ends too early
          X\\02\\00\\00\\00\\c3\\28.                | not UTF-8
          \\8a\\09\\01\\01\\01\\01\\01\\01\\01\\01\\01. | more than 64 bits
          \\80\\09.                                 | protocol 9
          i.                                        | instruction 0x69
          \\81.                                     | instruction 0x81
          P0                                        | instruction 0x50
          ]                                         | ends too early
          """)
  void picklesThatAreNoData(String pickle, String message) throws IOException {
    Path file = file(assemble(pickle), Map.of());
    assertThatThrownBy(() -> StateDict.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  /** A list that holds itself, and lists that each hold the one before twice. */
  @ParameterizedTest
  @CsvSource({"]q\\00h\\00a.", "]" + "q\\00(h\\00h\\00lq\\00(h\\00h\\00lq\\00" + "0h\\00."})
  void endlessContainers(String start) throws IOException {
    String doubling = "(h\\00h\\00lq\\000".repeat(60);
    String pickle = start.contains("lq") ? "]q\\000" + doubling + "h\\00." : start;
    Path file = file(assemble(pickle), Map.of());
    assertThatThrownBy(() -> StateDict.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageMatching(".*(nested more than|more than 1048576 values).*");
  }

  @Test
  void deepNestingDoesNotOverflowTheStack() throws IOException {
    byte[] deep = new byte[1 << 20];
    java.util.Arrays.fill(deep, 0, deep.length / 2, (byte) ']');
    java.util.Arrays.fill(deep, deep.length / 2, deep.length - 2, (byte) 'a');
    deep[deep.length - 1] = '.';
    deep[deep.length - 2] = 'a';
    Path file = file(deep, Map.of());
    assertThatThrownBy(() -> StateDict.read(file)).isInstanceOf(CorruptFileException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          FloatStorage | 0 | 2    | 1    | 0  | -
          FloatStorage | 0 | 3    | 1    | 0  | reaches element 2, and 2 are stored
          FloatStorage | 0 | 2    | 5    | 0  | reaches element 5
          FloatStorage | 0 | 2    | 1    | 1  | reaches element 2
          FloatStorage | 0 | 2    | 1    | -1 | strides do not fit
          FloatStorage | 0 | 2    | -1   | 1  | negative stride
          FloatStorage | 0 | -2   | 1    | 0  | negative
          FloatStorage | 0 | 2000000 | 0 | 0  | needs 2000000 elements, and 2 are stored
          FloatStorage | 1 | 2    | 1    | 0  | no entry 'data/1'
          FloatStorage | ../data.pkl | 2 | 1 | 0 | no entry
          LongStorage  | 0 | 1    | 1    | 0  | -
          DoubleStorage | 0 | 2   | 1    | 0  | reaches element 1
          BoolStorage  | 0 | 8    | 1    | 0  | a boolean is the byte
          """)
  void tensorsMustLieWithinWhatIsStored(
      String storage, String key, int size, int stride, int offset, String message)
      throws IOException {
    String pickle =
        "ctorch._utils\\0a_rebuild_tensor_v2\\0a((X`storage`ctorch\\0a%s\\0aX`%s`X`cpu`K\\02tQJ%s(J%stt(J%stt\\89NtR."
            .replace("Jtt", "J%s")
            .formatted(storage, key, int32(offset), int32(size), int32(stride))
            .replace("tt", "t");
    Path file =
        file(assemble(pickle), Map.of("data/0", new byte[] {0, 0, (byte) 128, 63, 0, 0, 0, 64}));
    if (message.equals("-")) {
      StateDict.read(file).close();
    } else {
      assertThatThrownBy(() -> StateDict.read(file))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining(message);
    }
  }

  private static String int32(int value) {
    StringBuilder text = new StringBuilder();
    for (byte b : ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array()) {
      text.append("\\%02x".formatted(b));
    }
    return text.toString();
  }

  @Test
  void mutationsOfTheFileEndInSuccessOrCorruptFile() throws IOException {
    Mutations.check(
        Files.readAllBytes(Samples.fromPython("state_dict.pt")),
        directory.resolve("mutated.pt"),
        file -> StateDict.read(file).close());
  }

  @Test
  void mutationsOfThePickleInAnIntactArchiveEndInSuccessOrCorruptFile() throws IOException {
    Map<String, byte[]> entries = StoredZip.read(Samples.fromPython("state_dict.pt"));
    String name = "state_dict/data.pkl";
    Path zip = directory.resolve("repacked.pt");
    Mutations.check(
        entries.get(name),
        directory.resolve("mutated.pkl"),
        pickle -> {
          Map<String, byte[]> changed = new LinkedHashMap<>(entries);
          changed.put(name, Files.readAllBytes(pickle));
          StoredZip.write(zip, changed);
          try {
            StateDict.read(zip).close();
          } catch (CorruptFileException e) {
            assertThat(e).hasMessageStartingWith(zip + ": ");
            throw new CorruptFileException(pickle, "as expected", e);
          }
        });
  }

  private Path file(byte[] pickle, Map<String, byte[]> others) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", pickle);
    others.forEach((name, bytes) -> entries.put("archive/" + name, bytes));
    return StoredZip.write(directory.resolve("hand.pt"), entries);
  }

  private static byte[] assemble(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '\\') {
        out.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
        i += 3;
      } else if (c == '`') {
        int end = text.indexOf('`', i + 1);
        byte[] bytes = text.substring(i + 1, end).getBytes(StandardCharsets.UTF_8);
        out.writeBytes(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
        out.writeBytes(bytes);
        i = end + 1;
      } else {
        out.write(c);
        i++;
      }
    }
    return out.toByteArray();
  }
}
