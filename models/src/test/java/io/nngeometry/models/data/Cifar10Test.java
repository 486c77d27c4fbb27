package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  private static final int RECORD = 3073;

  @TempDir private Path folder;
  private Scope scope;

  @BeforeEach
  void open() throws IOException {
    scope = Scope.open();
    for (int k = 1; k <= 5; k++) {
      Files.write(folder.resolve("data_batch_" + k + ".bin"), record(k));
    }
    byte[] two = Arrays.copyOf(record(9), 2 * RECORD);
    System.arraycopy(record(0), 0, two, RECORD, RECORD);
    Files.write(folder.resolve("test_batch.bin"), two);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** A red picture brighter towards the bottom, of this class, with the class in its green. */
  private static byte[] record(int label) {
    byte[] record = new byte[RECORD];
    record[0] = (byte) label;
    for (int i = 0; i < 1024; i++) {
      record[1 + i] = (byte) (i / 32);
      record[1 + 1024 + i] = (byte) label;
    }
    return record;
  }

  private Dataset load(Selection selection) throws IOException {
    return DataSource.of("cifar10:" + folder).load(selection);
  }

  @Test
  void recordsAreLabelsAndPlanes() throws IOException {
    Dataset test = load(Selection.DEFAULT);
    assertThat(test.shape()).containsExactly(3, 32, 32);
    assertThat(Tensors.toLongArray(test.targets().orElseThrow())).containsExactly(9, 0);
    assertThat(test.classes()).hasSize(10).startsWith("airplane").endsWith("truck");
    Tensor first = test.stored().select(0, 0);
    assertThat(Tensors.toLongArray(first.select(0, 0).select(1, 5)))
        .containsExactly(java.util.stream.LongStream.range(0, 32).toArray());
    assertThat(Tensors.toLongArray(first.select(0, 1))).containsOnly(9);
    assertThat(Tensors.toLongArray(first.select(0, 2))).containsOnly(0);
    assertThat(Tensors.toLongArray(load(Selection.train()).targets().orElseThrow()))
        .containsExactly(1, 2, 3, 4, 5);
    assertThat(load(Selection.all()).size()).isEqualTo(7);
  }

  @Test
  void filesThatAreNotWholeAreRefused() throws IOException {
    Files.write(folder.resolve("data_batch_3.bin"), Arrays.copyOf(record(3), RECORD - 1));
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("data_batch_3.bin")
        .hasMessageContaining("3073");
    Files.write(folder.resolve("data_batch_3.bin"), record(10));
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("label 0 is 10");
    Files.delete(folder.resolve("data_batch_3.bin"));
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no data_batch_3.bin")
        .hasMessageContaining("cifar-10-binary.tar.gz");
  }
}
