package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Random damage to a valid file. */
final class Mutations {
  private Mutations() {}

  static void check(byte[] valid, Path file, IOConsumer<Path> reader) throws IOException {
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      Files.write(file, mutate(valid, random));
      try {
        reader.accept(file);
      } catch (CorruptFileException e) {
        assertThat(e).hasMessageStartingWith(file + ": ");
        refused++;
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError("mutation " + i + " ended in something else", e);
      }
    }
    assertThat(refused).isBetween(500, 1999);
  }

  private static byte[] mutate(byte[] valid, Random random) {
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(valid, random.nextInt(valid.length + 16));
    }
    byte[] bytes = valid.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }
}
