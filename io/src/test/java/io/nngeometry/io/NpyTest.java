package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NpyTest {
  @TempDir Path directory;

  @Test
  void readsAndWritesAsNumPyDoes() throws IOException {
    Path original = Samples.fromPython("c_order.npy");
    Path copy = directory.resolve("copy.npy");
    try (Tensor t = Npy.read(original)) {
      assertThat(t.scalar_type().intern()).isEqualTo(ScalarType.Float);
      assertThat(Tensors.shape(t)).containsExactly(2, 3);
      assertThat(Tensors.toArray(t)).containsExactly(0, .25, .5, .75, 1, 1.25);
      Npy.write(copy, t);
    }
    assertThat(copy).hasSameBinaryContentAs(original);
  }

  @Test
  void readsColumnMajorBigEndianVersionTwo() throws IOException {
    try (Tensor t = Npy.read(Samples.fromPython("fortran_big_endian.npy"))) {
      assertThat(t.scalar_type().intern()).isEqualTo(ScalarType.Int);
      assertThat(t.is_contiguous()).isTrue();
      assertThat(Tensors.shape(t)).containsExactly(2, 3);
      assertThat(Tensors.toLongArray(t)).containsExactly(-2, -1, 0, 1, 2, 3);
    }
  }

  @Property(tries = 200)
  void roundTrip(
      @ForAll long seed,
      @ForAll @IntRange(max = 9) int type,
      @ForAll @Size(max = 5) List<@IntRange(max = 4) Integer> sizes)
      throws IOException {
    ScalarType scalar = Samples.TYPES.get(type);
    long[] shape = sizes.stream().mapToLong(Integer::longValue).toArray();
    Path path = Files.createTempFile("roundtrip", ".npy");
    try (Scope scope = Scope.open()) {
      Tensor t = Samples.random(new Random(seed), scalar, shape);
      if (scalar == ScalarType.BFloat16) {
        assertThatThrownBy(() -> Npy.write(path, t))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("BF16");
      } else {
        Npy.write(path, t);
        assertThat((Files.size(path) - t.nbytes()) % 64).isZero();
        assertThat(Samples.same(Npy.read(path), t)).isTrue();
      }
    } finally {
      Files.delete(path);
    }
  }

  @Test
  void refusesWhatIsNotDense() {
    try (Scope scope = Scope.open()) {
      Tensor sparse = torch.ones(2).to_sparse();
      assertThatThrownBy(() -> Npy.write(directory.resolve("t.npy"), sparse))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      textBlock =
          """
          {'shape': (2,4), "descr": "|u1", 'fortran_order': True}
          {'descr': '<u1', 'fortran_order': False, 'shape': (8L,), }
          {'descr':'=i2','fortran_order':False,'shape':(4,)}
          {'descr': '>f8', 'fortran_order': True, 'shape': (), }
          {'descr': '>f8', 'fortran_order': False, 'shape': (1, 1), }
          """)
  void dictionariesThatNumPyReadsToo(String dictionary) throws IOException {
    try (Tensor t = Npy.read(file(1, dictionary))) {
      assertThat(t.nbytes()).isEqualTo(8);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      textBlock =
          """
          {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }          ; need 12 bytes, the file has 8
          {'descr': '<f4', 'fortran_order': False, 'shape': (1,), }          ; need 4 bytes, the file has 8
          {'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }         ; cannot be read
          {'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), } ; 99999999999999999999
          {'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), } ; too large
          {'descr': '<f4', 'fortran_order': False, 'shape': (2), 'shape': (2,)} ; two entries
          {'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }              ; wrong place
          {'descr': '<f4', 'fortran_order': 'False', 'shape': (2,), }        ; wrong place
          {'descr': '<f4', 'shape': (2,), }                                  ; lacks
          {'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}    ; wrong place
          {'descr': '<f4', 'fortran_order': False, 'shape': (2,),            ; wrong place
          {'descr': '<f4', 'fortran_order': False, 'shape': (2,)} 7          ; wrong place
          {'descr': '<c8', 'fortran_order': False, 'shape': (1,), }          ; '<c8' is not supported
          {'descr': '|O', 'fortran_order': False, 'shape': (1,), } ; '|O' is not supported
          {'descr': '|f4', 'fortran_order': False, 'shape': (2,), }          ; not supported
          {'descr': '', 'fortran_order': False, 'shape': (2,), }             ; not supported
          {'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), } ; cannot be read
          {'descr': '|b1', 'fortran_order': False, 'shape': (8,), }          ; a boolean is the byte 2
          __import__('os')                                                   ; cannot be read
          """)
  void corruptDictionaries(String dictionary, String message) throws IOException {
    Path file = file(1, dictionary);
    assertThatThrownBy(() -> Npy.read(file).close())
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void corruptStarts() throws IOException {
    String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    byte[] notMagic = Files.readAllBytes(file(1, dictionary));
    notMagic[1] = 'M';
    for (byte[] bytes : new byte[][] {notMagic, Arrays.copyOf(notMagic, 5), new byte[0]}) {
      Path file = Files.write(directory.resolve("start.npy"), bytes);
      assertThatThrownBy(() -> Npy.read(file).close()).isInstanceOf(CorruptFileException.class);
    }
    Path later = file(4, dictionary);
    assertThatThrownBy(() -> Npy.read(later).close())
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("version");
    byte[] longHeader = Files.readAllBytes(file(2, dictionary));
    Arrays.fill(longHeader, 8, 12, (byte) 0xff);
    Path absurd = Files.write(directory.resolve("absurd.npy"), longHeader);
    assertThatThrownBy(() -> Npy.read(absurd).close())
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("4294967295");
  }

  @Test
  void mutationsEndInSuccessOrCorruptFile() throws IOException {
    for (String name : new String[] {"c_order.npy", "fortran_big_endian.npy"}) {
      Mutations.check(
          Files.readAllBytes(Samples.fromPython(name)),
          directory.resolve("mutated.npy"),
          file -> Npy.read(file).close());
    }
  }

  /** A file with this dictionary and eight bytes of data. */
  private Path file(int version, String dictionary) throws IOException {
    byte[] text = dictionary.getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    out.write(new byte[] {(byte) text.length, (byte) (text.length >> 8)});
    if (version > 1) {
      out.write(new byte[] {0, 0});
    }
    out.write(text);
    out.write(new byte[] {2, 2, 2, 2, 2, 2, 2, 2});
    return Files.write(directory.resolve("t.npy"), out.toByteArray());
  }
}
