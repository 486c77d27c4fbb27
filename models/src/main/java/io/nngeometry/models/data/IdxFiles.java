package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * Grey pictures and labels in the form of <a href="https://yann.lecun.org/exdb/mnist/">MNIST</a>:
 * {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, and {@code t10k-} likewise,
 * packed by gzip or not.
 */
final class IdxFiles extends DataSource {
  /** Where Debian's package dataset-fashion-mnist has its files. */
  static final Path FASHION = Path.of("/usr/share/datasets/fashion-mnist");

  private static final String FASHION_PACKAGE =
      "run 'apt install dataset-fashion-mnist', or name the folder that has it: fashion-mnist:DIR";
  private static final List<String> FASHION_CLASSES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** Two zeros, the type of unsigned bytes, and then the number of axes. */
  private static final int UNSIGNED_BYTES = 0x0800;

  private final Path folder;
  private final List<String> classes;
  private final String remedy;

  private IdxFiles(String word, Path folder, List<String> classes, String remedy) {
    super(word);
    this.folder = folder;
    this.classes = classes;
    this.remedy = remedy;
  }

  /** Files with any number of classes. */
  static IdxFiles in(String word, Path folder) {
    return new IdxFiles(
        word,
        folder,
        List.of(),
        "it needs train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and"
            + " t10k-labels-idx1-ubyte, each with or without .gz");
  }

  /** Xiao et al. 2017, Fashion-MNIST: 70,000 articles of clothing, 28 x 28, 10 classes. */
  static IdxFiles fashion(String word, Path folder) {
    return new IdxFiles(word, folder, FASHION_CLASSES, FASHION_PACKAGE);
  }

  @Override
  boolean hasParts() {
    return true;
  }

  @Override
  Listing list(Part part) throws IOException {
    try (Scope scope = Scope.open()) {
      List<String> stems =
          switch (part) {
            case TRAIN -> List.of("train");
            case TEST -> List.of("t10k");
            case ALL -> List.of("train", "t10k");
          };
      List<Pair> pairs = new java.util.ArrayList<>();
      for (String stem : stems) {
        pairs.add(pair(stem));
      }
      return new Listing.Whole(together(pairs).keep(scope));
    }
  }

  /**
   * Pictures with their labels.
   *
   * @param pictures (n, height, width)
   * @param labels (n)
   */
  private record Pair(Tensor pictures, Tensor labels) {}

  private Dataset together(List<Pair> pairs) throws IOException {
    long[] size = Tensors.shape(pairs.get(0).pictures);
    for (Pair pair : pairs) {
      long[] other = Tensors.shape(pair.pictures);
      if (other[1] != size[1] || other[2] != size[2]) {
        throw new CorruptFileException(
            folder,
            "its pictures to train on have %d x %d pixels, those to test with %d x %d"
                .formatted(size[1], size[2], other[1], other[2]));
      }
    }
    Tensor labels = Tensors.cat(pairs.stream().map(Pair::labels).toList(), 0);
    return Dataset.of(
        Tensors.cat(pairs.stream().map(Pair::pictures).toList(), 0),
        labels,
        classes.isEmpty() ? numbered(labels) : classes,
        Dataset.WHITE);
  }

  private static List<String> numbered(Tensor labels) {
    long most = LongStream.of(Tensors.toLongArray(labels)).max().orElse(0);
    return LongStream.rangeClosed(0, most).mapToObj(Long::toString).toList();
  }

  private Pair pair(String stem) throws IOException {
    Path pictures = find(stem + "-images", "idx3-ubyte");
    Path labels = find(stem + "-labels", "idx1-ubyte");
    Tensor x = read(pictures, 3);
    Tensor y = read(labels, 1);
    if (x.size(0) != y.size(0)) {
      throw new CorruptFileException(
          labels,
          "it has %d labels, and %s has %d pictures; fetch both again"
              .formatted(y.size(0), pictures.getFileName(), x.size(0)));
    }
    if (!classes.isEmpty()) {
      checkLabels(labels, Tensors.toLongArray(y), classes.size());
    }
    return new Pair(x, y);
  }

  /** Fails on a label beyond the classes. */
  static void checkLabels(Path file, long[] labels, int classes) throws CorruptFileException {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= classes) {
        throw new CorruptFileException(
            file,
            "label %d is %d, and there are %d classes, from 0 on; fetch it again"
                .formatted(i, labels[i], classes));
      }
    }
  }

  private Path find(String start, String end) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException("%s: no such folder; %s".formatted(folder, remedy));
    }
    return Stream.of("-", ".")
        .flatMap(between -> Stream.of("", ".gz").map(pack -> start + between + end + pack))
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () -> new IOException("%s: it has no %s-%s; %s".formatted(folder, start, end, remedy)));
  }

  /** Reads an array of unsigned bytes: the number of axes, their sizes, the bytes. */
  private static Tensor read(Path file, int axes) throws IOException {
    try (RawFile in = RawFile.open(file)) {
      int magic = in.bigEndian();
      if (magic != (UNSIGNED_BYTES | axes)) {
        throw in.corrupt(
            "it is no idx file of bytes with %d axes: it begins with %08x, not %08x"
                .formatted(axes, magic, UNSIGNED_BYTES | axes));
      }
      long[] shape = new long[axes];
      for (int k = 0; k < axes; k++) {
        shape[k] = in.bigEndian();
        if (shape[k] < 1) {
          throw in.corrupt(
              "its shape %s is not above zero"
                  .formatted(Arrays.toString(Arrays.copyOf(shape, k + 1))));
        }
      }
      Tensor t = in.bytes(shape);
      in.end();
      return t;
    }
  }
}
