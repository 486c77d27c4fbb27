package io.nngeometry.models.data;

import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A picture in a JPEG, PNG or WebP file. */
final class PictureFile {
  /** More than any camera's, and no more memory than a quarter of a gigabyte. */
  private static final long MOST_PIXELS = 1L << 26;

  private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "webp");
  private static final int CHANNELS = 3;

  private PictureFile() {}

  /** Whether {@code file} is named like one. */
  static boolean isNamed(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".")
        && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * Reads it as uint8 of shape (1, 3, height, width), red first. Transparency is left out.
   *
   * @throws CorruptFileException if it is no picture, damaged, or too large
   */
  static Tensor read(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException(file + ": it cannot be read");
    }
    try (ImageInputStream in = new Ending(file)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw corrupt(file, "it is no JPEG, PNG or WebP picture", null);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        checkSize(file, reader.getWidth(0), reader.getHeight(0));
        return planes(reader.read(0));
      } finally {
        reader.dispose();
      }
    } catch (CorruptFileException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // decoders of damaged pictures throw what comes
      throw corrupt(file, "it cannot be decoded (%s)".formatted(reason(e)), e);
    }
  }

  /** A file that lets a decoder look beyond its end some times, and not for hours. */
  private static final class Ending extends FileImageInputStream {
    private static final int PATIENCE = 1 << 12;

    private int beyond;

    Ending(Path file) throws IOException {
      super(file.toFile());
    }

    @Override
    public int read() throws IOException {
      return counted(super.read());
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      return counted(super.read(buffer, from, length));
    }

    private int counted(int read) {
      if (read < 0 && ++beyond > PATIENCE) {
        throw new IllegalStateException("it is cut short");
      }
      return read;
    }
  }

  private static void checkSize(Path file, long width, long height) throws CorruptFileException {
    if (width < 1 || height < 1 || width * height > MOST_PIXELS) {
      throw corrupt(
          file,
          "it would have %d x %d pixels, and %d in all are the most"
              .formatted(width, height, MOST_PIXELS),
          null);
    }
  }

  private static CorruptFileException corrupt(
      Path file, String problem, @org.jspecify.annotations.Nullable Exception cause) {
    String text = problem + "; replace it, or take it out of the folder";
    return cause == null
        ? new CorruptFileException(file, text)
        : new CorruptFileException(file, text, cause);
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage().strip();
    return message.isEmpty()
        ? e.getClass().getSimpleName()
        : message.lines().findFirst().orElse("").replaceAll("\\p{Cntrl}", "?");
  }

  private static Tensor planes(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    int pixels = width * height;
    byte[] planes = new byte[Math.multiplyExact(CHANNELS, pixels)];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      rgb(picture, y, row);
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        planes[at] = (byte) (row[x] >> 16);
        planes[pixels + at] = (byte) (row[x] >> 8);
        planes[2 * pixels + at] = (byte) row[x];
      }
    }
    Tensor t = Tensors.empty(Tensors.options(ScalarType.Byte), 1, CHANNELS, height, width);
    new BytePointer(t.data_ptr()).put(planes, 0, planes.length);
    return t;
  }

  /** A row of pixels. Java takes grey values for linear light; in files they are not. */
  private static void rgb(BufferedImage picture, int y, int[] row) {
    Raster raster = picture.getRaster();
    boolean grey =
        picture.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
            && raster.getSampleModel().getNumBands() <= 2;
    if (!grey) {
      picture.getRGB(0, y, row.length, 1, row, 0, row.length);
      return;
    }
    int bits = raster.getSampleModel().getSampleSize(0);
    int white = (1 << bits) - 1;
    raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
    for (int x = 0; x < row.length; x++) {
      int value = (int) (row[x] * 255L / white);
      row[x] = value << 16 | value << 8 | value;
    }
  }
}
