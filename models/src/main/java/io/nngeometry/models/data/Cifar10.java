package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * The binary version of <a href="https://www.cs.toronto.edu/~kriz/cifar.html">CIFAR-10</a>: 60,000
 * colour pictures of 32 x 32 pixels, 10 classes (Krizhevsky 2009). A record is a label and three
 * planes of 1,024 bytes.
 */
final class Cifar10 extends DataSource {
  private static final int SIDE = 32;
  private static final int CHANNELS = 3;
  private static final int RECORD = 1 + CHANNELS * SIDE * SIDE;
  private static final String FOLDER = "cifar-10-batches-bin";
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
  private static final List<String> TRAIN =
      IntStream.rangeClosed(1, 5).mapToObj("data_batch_%d.bin"::formatted).toList();
  private static final List<String> TEST = List.of("test_batch.bin");

  private final Path folder;

  Cifar10(String word, Path folder) {
    super(word);
    this.folder = folder;
  }

  @Override
  boolean hasParts() {
    return true;
  }

  @Override
  Listing list(Part part) throws IOException {
    List<String> names =
        switch (part) {
          case TRAIN -> TRAIN;
          case TEST -> TEST;
          case ALL -> Stream.concat(TRAIN.stream(), TEST.stream()).toList();
        };
    try (Scope scope = Scope.open()) {
      List<Tensor> files = new ArrayList<>();
      for (String name : names) {
        files.add(read(file(name)));
      }
      Tensor records = Tensors.cat(files, 0);
      Tensor pictures =
          Tensors.slice(records, 1, 1, RECORD, 1)
              .reshape(records.size(0), CHANNELS, SIDE, SIDE)
              .contiguous();
      return new Listing.Whole(
          Dataset.of(pictures, records.select(1, 0), CLASSES, Dataset.WHITE).keep(scope));
    }
  }

  private Path file(String name) throws IOException {
    return Stream.of(folder, folder.resolve(FOLDER))
        .map(there -> there.resolve(name))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "%s: it has no %s; unpack cifar-10-binary.tar.gz there"
                        .formatted(folder, name)));
  }

  /** (records, bytes of a record). */
  private static Tensor read(Path file) throws IOException {
    long size = Files.size(file);
    if (size == 0 || size % RECORD != 0) {
      throw new CorruptFileException(
          file,
          "its %d bytes are no whole records of %d: it is cut short, or not the binary version of CIFAR-10; fetch it again"
              .formatted(size, RECORD));
    }
    try (RawFile in = RawFile.open(file)) {
      Tensor records = in.bytes(size / RECORD, RECORD);
      in.end();
      IdxFiles.checkLabels(file, Tensors.toLongArray(records.select(1, 0)), CLASSES.size());
      return records;
    }
  }
}
