package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path directory;

  @Test
  void readsWhatPythonWrites() throws IOException {
    try (TensorFile file = Safetensors.read(Samples.fromPython("python.safetensors"))) {
      assertThat(file.metadata()).containsExactly(Map.entry("made by", "Python"));
      assertThat(file.tensors().keySet())
          .containsExactly(
              "i64", "f64", "empty", "f32", "scalar", "i32", "bf16", "f16", "i16", "i8", "poids.é",
              "u8", "bool");
      assertThat(Tensors.shape(file.get("i64"))).containsExactly(2, 3);
      assertThat(Tensors.toLongArray(file.get("i64")))
          .startsWith(-(1L << 62))
          .endsWith(5 - (1L << 62));
      assertThat(Tensors.toLongArray(file.get("i32"))).startsWith(-(1 << 30));
      assertThat(Tensors.toLongArray(file.get("i16"))).startsWith(-300, -299);
      assertThat(Tensors.toLongArray(file.get("i8"))).containsExactly(-3, -2, -1, 0, 1, 2);
      assertThat(Tensors.toLongArray(file.get("u8"))).containsExactly(250, 251, 252, 253, 254, 255);
      assertThat(Tensors.toLongArray(file.get("bool"))).containsExactly(0, 1, 0, 1, 0, 1);
      assertThat(Tensors.toArray(file.get("f64"))).startsWith(0, 1 / 3.0, 2 / 3.0, 1);
      assertThat(Tensors.toArray(file.get("f32"))).containsExactly(0, .25, .5, .75, 1, 1.25);
      assertThat(Tensors.toArray(file.get("f16"))).containsExactly(0, .125, .25, .375, .5, .625);
      assertThat(Tensors.toArray(file.get("bf16"))).containsExactly(0, .5, 1, 1.5, 2, 2.5);
      assertThat(Tensors.shape(file.get("scalar"))).isEmpty();
      assertThat(Tensors.item(file.get("scalar"))).isEqualTo(2.5);
      assertThat(Tensors.shape(file.get("empty"))).containsExactly(0, 3);
      assertThatThrownBy(() -> file.get("f31"))
          .isInstanceOf(NoSuchElementException.class)
          .hasMessageContaining("python.safetensors")
          .hasMessageContaining("f31");
    }
  }

  @Test
  void writesTheBytesThatPythonWrites() throws IOException {
    Path original = Samples.fromPython("python.safetensors");
    Path copy = directory.resolve("copy.safetensors");
    try (TensorFile file = Safetensors.read(original)) {
      Map<String, Tensor> reversed = new LinkedHashMap<>();
      file.tensors().keySet().stream()
          .sorted(Comparator.reverseOrder())
          .forEach(name -> reversed.put(name, file.get(name)));
      Safetensors.write(copy, reversed, file.metadata());
    }
    assertThat(copy).hasSameBinaryContentAs(original);
  }

  @Property(tries = 200)
  void roundTrip(
      @ForAll long seed,
      @ForAll @IntRange(max = 9) int type,
      @ForAll @Size(max = 5) List<@IntRange(max = 4) Integer> sizes)
      throws IOException {
    Path path = Files.createTempFile("roundtrip", ".safetensors");
    long[] shape = sizes.stream().mapToLong(Integer::longValue).toArray();
    try (Scope scope = Scope.open()) {
      Random random = new Random(seed);
      Tensor t = Samples.random(random, Samples.TYPES.get(type), shape);
      Tensor other = Samples.random(random, ScalarType.Byte, 1 + random.nextInt(9));
      Safetensors.write(path, Map.of("t", t, "other", other), Map.of());
      assertThat(Files.size(path) - t.nbytes() - other.nbytes()).isEqualTo(headerEnd(path));
      assertThat(headerEnd(path) % 8).isZero();
      try (TensorFile file = Safetensors.read(path)) {
        assertThat(Samples.same(file.get("t"), t)).isTrue();
        assertThat(Samples.same(file.get("other"), other)).isTrue();
      }
    } finally {
      Files.delete(path);
    }
  }

  private static long headerEnd(Path path) throws IOException {
    return 8 + ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Test
  void anyStridesAreWrittenInRowMajorOrder() throws IOException {
    Path path = directory.resolve("t.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor t = Samples.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).requires_grad_(true);
      Tensor last = Tensors.slice(t, 1, 1, 3, 2);
      Tensor negative = t.detach()._neg_view();
      Safetensors.write(path, Map.of("t", t.t(), "last", last, "negative", negative), Map.of());
      try (TensorFile file = Safetensors.read(path)) {
        assertThat(Tensors.toArray(file.get("t"))).containsExactly(1, 4, 2, 5, 3, 6);
        assertThat(Tensors.toArray(file.get("last"))).containsExactly(2, 5);
        assertThat(Tensors.toArray(file.get("negative"))).containsExactly(-1, -2, -3, -4, -5, -6);
      }
    }
  }

  @Test
  void readsOnlyWhatIsWanted() throws IOException {
    Path path = Samples.fromPython("python.safetensors");
    try (TensorFile file = Safetensors.read(path, name -> name.startsWith("i"))) {
      assertThat(file.tensors().keySet()).containsExactly("i64", "i32", "i16", "i8");
    }
  }

  @Test
  void nothingAtAllIsAFileToo() throws IOException {
    Path path = directory.resolve("empty.safetensors");
    Safetensors.write(path, Map.of(), Map.of());
    try (TensorFile file = Safetensors.read(path)) {
      assertThat(file.tensors()).isEmpty();
      assertThat(file.metadata()).isEmpty();
    }
  }

  @Test
  void closingFreesTheTensors() throws IOException {
    TensorFile file = Safetensors.read(Samples.fromPython("python.safetensors"));
    Tensor t = file.get("f64");
    file.close();
    assertThat(t.isNull()).isTrue();
    file.close();
  }

  @Test
  void tensorsEndWithTheEnclosingScope() throws IOException {
    Tensor t;
    try (Scope scope = Scope.open()) {
      t = Safetensors.read(Samples.fromPython("python.safetensors")).get("f64");
      assertThat(t.isNull()).isFalse();
    }
    assertThat(t.isNull()).isTrue();
  }

  @Test
  void refusesWhatTheFormatCannotHold() {
    Path path = directory.resolve("t.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor t = torch.ones(2);
      assertThatThrownBy(
              () -> Safetensors.write(path, Map.of("c", t.to(ScalarType.ComplexFloat)), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'c'")
          .hasMessageContaining("ComplexFloat");
      assertThatThrownBy(() -> Safetensors.write(path, Map.of("s", t.to_sparse()), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'s'");
      assertThatThrownBy(() -> Safetensors.write(path, Map.of("u", new Tensor()), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'u'");
      assertThatThrownBy(() -> Safetensors.write(path, Map.of("__metadata__", t), Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void aFileThatCannotBeReadIsNotCalledCorrupt() {
    Path missing = directory.resolve("missing");
    assertThatThrownBy(() -> Safetensors.read(missing))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("missing");
    assertThatThrownBy(() -> Safetensors.read(directory))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(CorruptFileException.class)
        .hasMessageContaining("regular file");
  }
}
