package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Npy;
import io.nngeometry.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArrayFilesTest {
  @TempDir private Path folder;
  private Scope scope;
  private Tensor x;
  private Tensor y;

  @BeforeEach
  void open() {
    scope = Scope.open();
    x = Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    y = Tensors.of(new long[] {2, 0, 1}, 3);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static void check(Dataset data) {
    assertThat(Tensors.toArray(data.inputs())).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(Tensors.type(data.inputs())).isEqualTo(ScalarType.Double);
    assertThat(Tensors.toLongArray(data.targets().orElseThrow())).containsExactly(2, 0, 1);
  }

  private Dataset load(String word) throws IOException {
    return DataSource.of(word).load(Selection.DEFAULT);
  }

  private Path npz(boolean compressed, Map<String, Tensor> arrays) throws IOException {
    Path file = folder.resolve("data.npz");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      out.setLevel(compressed ? 9 : 0);
      for (Map.Entry<String, Tensor> e : arrays.entrySet()) {
        Path npy = folder.resolve("tmp.npy");
        Npy.write(npy, e.getValue());
        out.putNextEntry(new ZipEntry(e.getKey() + ".npy"));
        out.write(Files.readAllBytes(npy));
        out.closeEntry();
      }
    }
    return file;
  }

  @Test
  void everyFormatGivesInputsAndTargets() throws IOException {
    Path st = folder.resolve("a.safetensors");
    Safetensors.write(st, Map.of("x", x, "y", y, "truth", x), Map.of());
    check(load("safetensors:" + st));
    check(load("npz:" + npz(true, Map.of("x", x, "y", y))));
    check(load("npz:" + npz(false, Map.of("x", x, "y", y, "z", x))));
    Npy.write(folder.resolve("x.npy"), x);
    Npy.write(folder.resolve("y.npy"), y);
    check(load("npy:" + folder.resolve("x.npy") + "," + folder.resolve("y.npy")));
    Dataset alone = load("npy:" + folder.resolve("x.npy"));
    assertThat(alone.targets()).isEmpty();
    assertThat(alone.size()).isEqualTo(3);
  }

  @Test
  void aFileWithoutPartsIsReadWholeOrSplitBySeed() throws IOException {
    Path st = folder.resolve("a.safetensors");
    Safetensors.write(st, Map.of("x", x), Map.of());
    assertThat(DataSource.of("safetensors:" + st).usualPart()).isEqualTo(Part.ALL);
    assertThat(DataSource.of("safetensors:" + st).load(Selection.train()).size()).isEqualTo(2);
    assertThat(DataSource.of("safetensors:" + st).load(Selection.test()).size()).isEqualTo(1);
    Safetensors.write(
        st,
        Map.of(
            "x",
            x.slice(
                0,
                new org.bytedeco.pytorch.LongOptional(0),
                new org.bytedeco.pytorch.LongOptional(1),
                1)),
        Map.of());
    assertThatThrownBy(() -> DataSource.of("safetensors:" + st).load(Selection.train()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too few");
  }

  @Test
  void whatDoesNotFitIsRefusedByTheNameOfTheFile() throws IOException {
    Path st = folder.resolve("a.safetensors");
    Safetensors.write(st, Map.of("inputs", x), Map.of());
    assertThatThrownBy(() -> load("safetensors:" + st))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(st.toString())
        .hasMessageContaining("'x'");
    Safetensors.write(st, Map.of("x", x, "y", Tensors.of(new long[] {1, 2}, 2)), Map.of());
    assertThatThrownBy(() -> load("safetensors:" + st))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(st.toString())
        .hasMessageContaining("3 inputs");
    assertThatThrownBy(() -> load("npz:" + folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
    Path text = Files.writeString(folder.resolve("text.npz"), "no zip at all");
    assertThatThrownBy(() -> load("npz:" + text))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(text.toString());
  }

  @Test
  void aDamagedNpzEndsInOneError() throws IOException {
    Path good = npz(true, Map.of("x", Tensors.randn(1, Tensors.options(ScalarType.Double), 50, 7)));
    byte[] bytes = Files.readAllBytes(good);
    Path bad = folder.resolve("bad.npz");
    int refused = 0;
    for (int k = 0; k < 400; k++) {
      byte[] copy = bytes.clone();
      copy[(int) ((long) k * bytes.length / 400)] ^= (byte) (1 + k % 255);
      Files.write(bad, k % 4 == 0 ? Arrays.copyOf(copy, bytes.length * (k + 1) / 401) : copy);
      try {
        load("npz:" + bad).close();
      } catch (IOException e) {
        assertThat(e.getMessage()).contains("bad.npz");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(300);
  }
}
