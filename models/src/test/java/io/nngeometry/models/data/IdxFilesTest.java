package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFilesTest {
  @TempDir private Path folder;
  private static final long[] LABELS = {1, 0, 2, 2, 2};

  private Scope scope;

  @BeforeEach
  void open() throws IOException {
    scope = Scope.open();
    // three pictures of 2 x 3 to train on, two to test with
    write("train-images-idx3-ubyte", idx(bytes(18, 0), 3, 2, 3), false);
    write("train-labels-idx1-ubyte", idx(new byte[] {1, 0, 2}, 3), false);
    write("t10k-images-idx3-ubyte.gz", idx(bytes(12, 200), 2, 2, 3), true);
    write("t10k-labels-idx1-ubyte.gz", idx(new byte[] {2, 2}, 2), true);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static byte[] bytes(int count, int from) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (from + i);
    }
    return bytes;
  }

  private static byte[] idx(byte[] data, int... shape) {
    ByteBuffer idx = ByteBuffer.allocate(4 + 4 * shape.length + data.length);
    idx.putInt(0x0800 | shape.length);
    Arrays.stream(shape).forEach(idx::putInt);
    return idx.put(data).array();
  }

  private Path write(String name, byte[] content, boolean packed) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = packed ? new GZIPOutputStream(bytes) : bytes) {
      out.write(content);
    }
    return Files.write(folder.resolve(name), bytes.toByteArray());
  }

  private Dataset load(Selection selection) throws IOException {
    return DataSource.of("idx:" + folder).load(selection);
  }

  @Test
  void picturesAndLabelsArePaired() throws IOException {
    Dataset test = load(Selection.DEFAULT);
    assertThat(test.shape()).containsExactly(1, 2, 3);
    assertThat(Tensors.type(test.stored())).isEqualTo(ScalarType.Byte);
    assertThat(Tensors.toLongArray(test.stored()))
        .containsExactly(200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211);
    assertThat(Tensors.toLongArray(test.targets().orElseThrow())).containsExactly(2, 2);
    Dataset train = load(Selection.train().first(2));
    assertThat(Tensors.toLongArray(train.stored())).startsWith(0, 1, 2, 3).hasSize(12);
    assertThat(Tensors.toLongArray(train.targets().orElseThrow())).containsExactly(1, 0);
    assertThat(train.classes()).containsExactly("0", "1", "2");
    Dataset all = load(Selection.all());
    assertThat(Tensors.toLongArray(all.targets().orElseThrow())).containsExactly(1, 0, 2, 2, 2);
    assertThat(Tensors.toLongArray(all.stored())).startsWith(0, 1).endsWith(210, 211);
  }

  @Test
  void examplesInAnyOrderComeFromBothFiles() throws IOException {
    for (int first = 1; first <= 5; first++) {
      Dataset some = load(Selection.all().shuffle().seed(3).first(first));
      int[] order = Arrays.copyOf(Permutation.of(5, 3), first);
      assertThat(Tensors.toLongArray(some.stored()))
          .containsExactly(Tensors.toLongArray(load(Selection.all()).select(order).stored()));
      assertThat(Tensors.toLongArray(some.targets().orElseThrow()))
          .containsExactly(Arrays.stream(order).mapToLong(i -> LABELS[i]).toArray());
    }
  }

  @Test
  void aFileIsReadNoFurtherThanIsAskedFor() throws IOException {
    byte[] noise = new byte[2000 * 6];
    new java.util.Random(1).nextBytes(noise);
    Path file = write("train-images-idx3-ubyte.gz", idx(noise, 2000, 2, 3), true);
    Files.delete(folder.resolve("train-images-idx3-ubyte"));
    write("train-labels-idx1-ubyte", idx(new byte[2000], 2000), false);
    assertThat(load(Selection.train()).size()).isEqualTo(2000);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    // what is missing is not asked for
    Dataset start = load(Selection.train().first(10));
    assertThat(Tensors.toLongArray(start.stored()))
        .containsExactly(IntStream.range(0, 60).mapToLong(i -> noise[i] & 0xff).toArray());
    assertThatThrownBy(() -> load(Selection.train())).hasMessageContaining("cut short");
  }

  @Test
  void whatAHeaderClaimsIsCheckedBeforeMemoryIsTaken() throws IOException {
    for (boolean packed : new boolean[] {false, true}) {
      write("train-images-idx3-ubyte", idx(bytes(18, 0), 1 << 30, 1 << 15, 1 << 15), packed);
      assertThatThrownBy(() -> load(Selection.train()))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("train-images-idx3-ubyte")
          .hasMessageContaining("fetch it again");
      write("train-images-idx3-ubyte", idx(bytes(18, 0), 1 << 20, 100, 100), packed);
      assertThatThrownBy(() -> load(Selection.train()))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("more than it can hold");
    }
  }

  @Test
  void damagedFilesEndInOneErrorThatNamesThem() throws IOException {
    byte[] good = idx(bytes(18, 0), 3, 2, 3);
    write("train-images-idx3-ubyte", Arrays.copyOf(good, good.length - 1), false);
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageMatching("(?s).*train-images.*(cut short|more than it can hold).*");
    write("train-images-idx3-ubyte", Arrays.copyOf(good, good.length + 1), true);
    assertThatThrownBy(() -> load(Selection.train())).hasMessageContaining("goes on");
    write("train-images-idx3-ubyte", idx(bytes(18, 0), 18), false);
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("00000801");
    write("train-images-idx3-ubyte", idx(new byte[0], 0, 2, 3), false);
    assertThatThrownBy(() -> load(Selection.train())).hasMessageContaining("above zero");
    write("train-images-idx3-ubyte", good, false);
    write("train-labels-idx1-ubyte", idx(new byte[] {1, 0}, 2), false);
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("2 labels");
    Files.delete(folder.resolve("train-labels-idx1-ubyte"));
    assertThatThrownBy(() -> load(Selection.train()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no train-labels-idx1-ubyte");
  }

  @Test
  void mutationsOfAPackedFileNeverEndInAnythingElse() throws IOException {
    byte[] good = Files.readAllBytes(folder.resolve("t10k-images-idx3-ubyte.gz"));
    int refused = 0;
    for (int k = 0; k < 1000; k++) {
      byte[] bad = good.clone();
      bad[k % good.length] = (byte) (bad[k % good.length] + 1 + k / good.length * 7);
      Files.write(
          folder.resolve("t10k-images-idx3-ubyte.gz"),
          k % 5 == 0 ? Arrays.copyOf(bad, k % good.length) : bad);
      try {
        load(Selection.test()).close();
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("t10k-images");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void labelsBeyondTheClassesAreRefused() throws IOException {
    write("t10k-labels-idx1-ubyte.gz", idx(new byte[] {9, 10}, 2), true);
    assertThat(load(Selection.test()).classes()).hasSize(11);
    assertThatThrownBy(() -> DataSource.of("fashion-mnist:" + folder).load(Selection.test()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("t10k-labels-idx1-ubyte.gz")
        .hasMessageContaining("label 1 is 10");
  }

  @Test
  void withoutFashionMnistOneIsToldHowToGetIt() {
    assertThatThrownBy(
            () -> DataSource.of("fashion-mnist:" + folder.resolve("none")).load(Selection.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("apt install dataset-fashion-mnist");
  }

  @Test
  void fashionMnistIsReadWhereItIsInstalled() throws IOException {
    assumeTrue(Files.isDirectory(IdxFiles.FASHION), "dataset-fashion-mnist is not installed");
    Dataset data = DataSource.of("fashion-mnist").load(Selection.test().first(10));
    assertThat(data.shape()).containsExactly(1, 28, 28);
    assertThat(data.classes()).hasSize(10).endsWith("Ankle boot");
    assertThat(Tensors.toLongArray(data.targets().orElseThrow()))
        .containsExactly(9, 2, 1, 1, 6, 1, 4, 6, 5, 7);
    Dataset large = data.framed(Framing.of(64).rgb());
    assertThat(large.shape()).containsExactly(3, 64, 64);
    assertThat(Tensors.shape(large.inputs())).containsExactly(10, 3, 64, 64);
  }
}
