package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  /** 4 x 2 pixels, lossless: (250 250 10 10, 20, 60) above (250 250 10 10, 120, 60). */
  private static final String WEBP =
      "UklGRi4AAABXRUJQVlA4TCEAAAAvA0AAAB8gEEhxECMuJCBM8H+lLA3P/EdPBoFDvUb0PwQA";

  @TempDir private Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private Path picture(String name, int width, int height, int rgb) throws IOException {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        picture.setRGB(x, y, rgb);
      }
    }
    return write(name, picture);
  }

  private Path write(String name, BufferedImage picture) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(java.util.Locale.ROOT);
    assertThat(ImageIO.write(picture, ending, file.toFile())).isTrue();
    return file;
  }

  private Dataset load(Selection selection) throws IOException {
    return DataSource.of("image-folder:" + folder).load(selection);
  }

  private static long[] labels(Dataset data) {
    return Tensors.toLongArray(data.targets().orElseThrow());
  }

  private static long[] corner(Dataset data, int example) {
    Tensor t = data.stored().select(0, example);
    return Tensors.toLongArray(t.select(2, 0).select(1, 0));
  }

  @Test
  void aFolderIsAClassAndPixelsAreExact() throws IOException {
    picture("cat/b.png", 3, 2, 0x0a0b0c);
    picture("cat/a.png", 3, 2, 0xff0000);
    picture("ant/z.PNG", 3, 2, 0x00ff80);
    picture("ant/.hidden.png", 9, 9, 0);
    Files.writeString(folder.resolve("ant/notes.txt"), "no picture");
    Dataset data = load(Selection.DEFAULT);
    assertThat(data.classes()).containsExactly("ant", "cat");
    assertThat(labels(data)).containsExactly(0, 1, 1);
    assertThat(data.shape()).containsExactly(3, 2, 3);
    assertThat(corner(data, 0)).containsExactly(0, 255, 128);
    assertThat(corner(data, 1)).containsExactly(255, 0, 0);
    assertThat(corner(data, 2)).containsExactly(10, 11, 12);
    int[] order = Permutation.of(3, 2);
    Dataset two = load(Selection.all().shuffle().seed(2).first(2));
    assertThat(two.size()).isEqualTo(2);
    for (int k = 0; k < 2; k++) {
      assertThat(corner(two, k)).isEqualTo(corner(data, order[k]));
      assertThat(labels(two)[k]).isEqualTo(labels(data)[order[k]]);
    }
  }

  @Test
  void jpegWebpAndGreyPicturesAreReadAlike() throws IOException {
    Files.createDirectories(folder.resolve("a"));
    Files.write(folder.resolve("a/1.webp"), Base64.getDecoder().decode(WEBP));
    picture("a/2.jpeg", 4, 2, 0x406080);
    BufferedImage grey = new BufferedImage(4, 2, BufferedImage.TYPE_BYTE_GRAY);
    Arrays.fill(
        ((java.awt.image.DataBufferByte) grey.getRaster().getDataBuffer()).getData(), (byte) 100);
    write("a/3.png", grey);
    write("a/4.jpg", grey);
    Dataset data = load(Selection.DEFAULT);
    Tensor webp = data.stored().select(0, 0);
    assertThat(Tensors.toLongArray(webp.select(0, 0)))
        .containsExactly(250, 250, 10, 10, 250, 250, 10, 10);
    assertThat(Tensors.toLongArray(webp.select(0, 1)))
        .containsExactly(20, 20, 20, 20, 120, 120, 120, 120);
    long[] jpeg = corner(data, 1);
    assertThat(jpeg[0]).isBetween(0x3cL, 0x44L);
    assertThat(jpeg[2]).isBetween(0x7cL, 0x84L);
    assertThat(corner(data, 2)).containsExactly(100, 100, 100);
    assertThat(corner(data, 3)[1]).isBetween(98L, 102L);
    Dataset one = load(Selection.DEFAULT.framed(Framing.AS_IS.colour(Framing.Colour.GREY)));
    assertThat(one.shape()).containsExactly(1, 2, 4);
    assertThat(Tensors.toLongArray(one.stored().select(0, 0)))
        .startsWith(Math.round(.299 * 250 + .587 * 20 + .114 * 60));
  }

  @Test
  void theNumberOfThreadsDoesNotShow() throws IOException {
    Random random = new Random(0);
    for (int k = 0; k < 24; k++) {
      BufferedImage noise = new BufferedImage(20 + k, 30, BufferedImage.TYPE_INT_RGB);
      for (int x = 0; x < noise.getWidth(); x++) {
        for (int y = 0; y < 30; y++) {
          noise.setRGB(x, y, random.nextInt(1 << 24));
        }
      }
      write("c%d/%02d.png".formatted(k % 3, k), noise);
    }
    Selection resized = Selection.all().framed(Framing.of(8, 10)).shuffle();
    Dataset one = load(resized.threads(1));
    Dataset four = load(resized.threads(4));
    assertThat(one.shape()).containsExactly(3, 8, 10);
    assertThat(Tensors.toLongArray(four.stored())).isEqualTo(Tensors.toLongArray(one.stored()));
    assertThat(labels(four)).isEqualTo(labels(one));
    assertThat(load(Selection.train().framed(Framing.of(8))).size()).isEqualTo(18);
    assertThatThrownBy(() -> load(Selection.all()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--resize");
  }

  @Test
  void trainAndValidationFoldersAreTheParts() throws IOException {
    picture("train/a/1.png", 2, 2, 1);
    picture("train/b/1.png", 2, 2, 2);
    picture("train/b/2.png", 2, 2, 3);
    assertThatThrownBy(() -> load(Selection.test())).hasMessageContaining("no folder val or test");
    picture("val/b/1.png", 2, 2, 4);
    assertThat(labels(load(Selection.train()))).containsExactly(0, 1, 1);
    Dataset test = load(Selection.DEFAULT);
    assertThat(labels(test)).containsExactly(1);
    assertThat(test.classes()).containsExactly("a", "b");
    assertThat(corner(test, 0)).containsExactly(0, 0, 4);
    assertThat(labels(load(Selection.all()))).containsExactly(0, 1, 1, 1);
    picture("val/c/1.png", 2, 2, 4);
    assertThatThrownBy(() -> load(Selection.test())).hasMessageContaining("no such class");
  }

  @Test
  void theLayoutOfTinyImageNetIsKnown() throws IOException {
    Files.writeString(folder.resolve("wnids.txt"), "n02\nn01\n");
    Files.writeString(
        folder.resolve("words.txt"), "n01\tgoldfish, Carassius auratus\nn99\tother\n");
    picture("train/n01/images/n01_0.JPEG", 8, 8, 0x102030);
    picture("train/n02/images/n02_0.JPEG", 8, 8, 0x302010);
    picture("train/n02/images/n02_1.JPEG", 8, 8, 0x302010);
    picture("val/images/val_0.JPEG", 8, 8, 0xf0f0f0);
    picture("val/images/val_1.JPEG", 8, 8, 0x101010);
    Files.writeString(
        folder.resolve("val/val_annotations.txt"),
        "val_1.JPEG\tn01\t0\t0\t1\t1\nval_0.JPEG\tn02\t0\t0\t1\t1\n");
    Dataset train = load(Selection.train());
    assertThat(train.classes()).containsExactly("goldfish", "n02");
    assertThat(labels(train)).containsExactly(0, 1, 1);
    Dataset val = load(Selection.DEFAULT);
    assertThat(labels(val)).containsExactly(0, 1);
    assertThat(corner(val, 0)[0]).isLessThan(40);
    assertThat(corner(val, 1)[0]).isGreaterThan(200);
    assertThat(load(Selection.all()).size()).isEqualTo(5);
    Files.writeString(folder.resolve("val/val_annotations.txt"), "../val_1.JPEG\tn01\n");
    assertThatThrownBy(() -> load(Selection.test()))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("val_annotations.txt: line 1");
    Files.writeString(folder.resolve("val/val_annotations.txt"), "val_1.JPEG\tn07\n");
    assertThatThrownBy(() -> load(Selection.test())).hasMessageContaining("line 1");
  }

  @Test
  void unreadablePicturesAndEmptyFoldersAreNamed() throws IOException {
    assertThatThrownBy(() -> load(Selection.DEFAULT)).hasMessageContaining("no folders");
    Files.createDirectories(folder.resolve("a"));
    assertThatThrownBy(() -> load(Selection.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no pictures");
    Path good = picture("a/1.png", 40, 40, 7);
    Path bad = folder.resolve("a/2.png");
    Files.writeString(bad, "no picture");
    assertThatThrownBy(() -> load(Selection.DEFAULT))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("2.png")
        .hasMessageContaining("replace it");
    byte[] bytes = Files.readAllBytes(good);
    Files.write(bad, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> load(Selection.DEFAULT))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("2.png");
    assertThatThrownBy(
            () -> DataSource.of("image-folder:" + folder.resolve("none")).load(Selection.DEFAULT))
        .hasMessageContaining("no such folder");
  }

  @Test
  void aPictureThatClaimsToBeHugeIsRefusedByItsHeader() throws IOException {
    Path file = picture("a/1.png", 1, 1, 0);
    ByteBuffer png = ByteBuffer.wrap(Files.readAllBytes(file));
    png.putInt(16, 1 << 20).putInt(20, 1 << 20);
    CRC32 crc = new CRC32();
    crc.update(png.array(), 12, 17);
    png.putInt(29, (int) crc.getValue());
    Files.write(file, png.array());
    assertThatThrownBy(() -> load(Selection.DEFAULT.framed(Framing.of(4))))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("1048576 x 1048576");
  }

  @Test
  void mutationsOfPicturesEndInOneErrorOrAPicture() throws IOException {
    picture("a/1.png", 16, 16, 0x123456);
    byte[][] good = {
      Files.readAllBytes(folder.resolve("a/1.png")),
      Files.readAllBytes(picture("b.jpg", 16, 16, 0x123456)),
      Base64.getDecoder().decode(WEBP)
    };
    Files.delete(folder.resolve("b.jpg"));
    Files.delete(folder.resolve("a/1.png"));
    Random random = new Random(1);
    int refused = 0;
    for (int k = 0; k < 900; k++) {
      byte[] bad = good[k % 3].clone();
      for (int m = 0; m < 1 + k % 4; m++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      Files.write(folder.resolve("a/x.png"), bad);
      try {
        load(Selection.DEFAULT.framed(Framing.of(4)).threads(1)).close();
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("x.png");
        refused++;
      }
    }
    assertThat(refused).isBetween(100, 899);
  }
}
