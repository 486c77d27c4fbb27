package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are damaged, or made to deceive, end in one clear exception. */
class CorruptSafetensorsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          not JSON                                                                | not valid JSON
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}                    | not valid JSON
          [1]                                                                     | not a JSON object
          null                                                                    | not a JSON object
          {"a":7}                                                                 | 'a': its description
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} x                 | not valid JSON
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}{}                 | goes on
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{}}            | Duplicate
          {"a":{"dtype":"U8","dtype":"I8","shape":[8],"data_offsets":[0,8]}}      | Duplicate
          {"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}              | 'a': its dtype F8_E4M3
          {"a":{"dtype":8,"shape":[8],"data_offsets":[0,8]}}                      | 'a': its dtype
          {"a":{"shape":[8],"data_offsets":[0,8]}}                                | 'a': its dtype, shape or
          {"a":{"dtype":"U8","shape":8,"data_offsets":[0,8]}}                     | 'a': its shape is not an array
          {"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}}                 | 'a': its shape holds
          {"a":{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}}                 | 'a': its shape holds
          {"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}}                  | 'a': its shape [-8] is negative
          {"a":{"dtype":"U8","shape":[-2,-4],"data_offsets":[0,8]}}               | negative
          {"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]}} | 'a': its shape holds
          {"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}} | 'a': its shape [4294967296, 4294967296] is too large
          {"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}} | too large
          {"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}} | too large
          {"a":{"dtype":"F32","shape":[8],"data_offsets":[0,8]}}                  | 'a': its data_offsets span 8 bytes, its dtype and shape need 32
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}}                 | 'a': its data_offsets
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[-8,0]}}                  | 'a': its data_offsets
          {"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}}                   | 'a': its data_offsets
          {"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}                   | 'a': it ends at byte 9 of the data, the file has 8
          {"a":{"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]}} | 'a': it ends at
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}}                   | 1 bytes follow the last tensor
          {"a":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}}                   | 'a': there is a hole before it
          {"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}} | 'b': it overlaps
          {}                                                                      | 8 bytes follow
          {"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} | metadata 'k' is not a string
          {"__metadata__":[],"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} | __metadata__
          {"a":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}}                 | 'a': a boolean is the byte 2
          """)
  void headers(String json, String message) throws IOException {
    Path file = file(json.getBytes(StandardCharsets.UTF_8), 8);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void notUtf8() throws IOException {
    Path file = file(new byte[] {'{', '"', (byte) 0xff, '"', ':'}, 8);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("UTF-8");
  }

  @Test
  void tooManyAxes() throws IOException {
    String ones = "1,".repeat(99) + "8";
    Path file =
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[%s],\"data_offsets\":[0,8]}}"
                .formatted(ones)
                .getBytes(StandardCharsets.UTF_8),
            8);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("100 axes");
  }

  @Test
  void deeplyNested() throws IOException {
    Path file =
        file("{\"a\":{\"x\":".concat("[".repeat(1 << 20)).getBytes(StandardCharsets.UTF_8), 8);
    assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(CorruptFileException.class);
  }

  @Test
  void aNameCannotWriteToTheTerminal() throws IOException {
    Path file = file("{\"\\u001b[2J\":7}".getBytes(StandardCharsets.UTF_8), 0);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("'?[2J'");
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "7", "8", "9"})
  void tooShort(int length) throws IOException {
    byte[] whole = Files.readAllBytes(file("{}".getBytes(StandardCharsets.UTF_8), 0));
    Path file = Files.write(directory.resolve("short"), Arrays.copyOf(whole, length));
    assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(CorruptFileException.class);
  }

  @ParameterizedTest
  @CsvSource({"17", "100000000", "100000001", "2147483648", "-1", "-9223372036854775808"})
  void absurdHeaderLengths(long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path file = Files.write(directory.resolve("absurd"), bytes.array());
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("header");
  }

  @Test
  void mutationsEndInSuccessOrCorruptFile() throws IOException {
    Mutations.check(
        Files.readAllBytes(Samples.fromPython("python.safetensors")),
        directory.resolve("mutated.safetensors"),
        file -> Safetensors.read(file).close());
  }

  private Path file(byte[] json, int dataBytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
    out.write(json);
    for (int i = 0; i < dataBytes; i++) {
      out.write(2);
    }
    return Files.write(directory.resolve("corrupt.safetensors"), out.toByteArray());
  }
}
