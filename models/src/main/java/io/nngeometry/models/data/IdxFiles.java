package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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
    List<String> stems =
        switch (part) {
          case TRAIN -> List.of("train");
          case TEST -> List.of("t10k");
          case ALL -> List.of("train", "t10k");
        };
    List<Pair> pairs = new ArrayList<>();
    for (String stem : stems) {
      pairs.add(pair(stem));
    }
    return new Pictures(pairs, classes);
  }

  /**
   * Pictures with their labels, of which the labels alone are read.
   *
   * @param file of the pictures
   * @param shape (n, height, width)
   * @param labels of all
   */
  private record Pair(Path file, long[] shape, long[] labels) {
    /** The first pictures, and no more of the file. */
    Tensor first(long count) throws IOException {
      try (RawFile in = RawFile.open(file)) {
        long[] some = header(in, shape.length);
        in.check(some);
        some[0] = count;
        Tensor t = in.bytes(some);
        if (count == shape[0]) {
          in.end();
        }
        return t;
      }
    }
  }

  /** What some pairs of files have, one after the other. */
  private final class Pictures implements Listing {
    private final List<Pair> pairs;
    private final List<String> names;
    private final long[] labels;

    Pictures(List<Pair> pairs, List<String> names) throws IOException {
      this.pairs = pairs;
      this.labels = pairs.stream().flatMapToLong(p -> LongStream.of(p.labels)).toArray();
      this.names = names.isEmpty() ? numbered(labels) : names;
      long[] size = pairs.get(0).shape;
      for (Pair pair : pairs) {
        long[] other = pair.shape;
        if (other[1] != size[1] || other[2] != size[2]) {
          throw new CorruptFileException(
              folder,
              "its pictures to train on have %d x %d pixels, those to test with %d x %d"
                  .formatted(size[1], size[2], other[1], other[2]));
        }
      }
    }

    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public Optional<long[]> labels() {
      return Optional.of(labels);
    }

    /** Reads each file as far as the last of its pictures that is asked for. */
    @Override
    public Dataset read(int[] indices, Selection how) throws IOException {
      try (Scope scope = Scope.open()) {
        List<Tensor> read = new ArrayList<>();
        long[] places = new long[indices.length];
        long start = 0;
        long held = 0;
        for (Pair pair : pairs) {
          long end = start + pair.labels.length;
          long last = -1;
          for (int k = 0; k < indices.length; k++) {
            if (indices[k] >= start && indices[k] < end) {
              places[k] = indices[k] - start + held;
              last = Math.max(last, indices[k] - start);
            }
          }
          if (last >= 0) {
            read.add(pair.first(last + 1));
          }
          start = end;
          held += last + 1;
        }
        Tensor all = Tensors.cat(read, 0);
        boolean inOrder =
            held == places.length
                && IntStream.range(0, places.length).allMatch(k -> places[k] == k);
        Tensor chosen = inOrder ? all : all.index_select(0, Tensors.of(places, places.length));
        long[] theirs = Arrays.stream(indices).mapToLong(i -> labels[i]).toArray();
        Tensor aims = Tensors.of(theirs, theirs.length);
        try (Dataset some = Dataset.of(chosen, aims, names, Dataset.WHITE)) {
          return some.framed(how.framing()).keep(scope);
        }
      }
    }

    @Override
    public void close() {
      // no file stays open
    }
  }

  private static List<String> numbered(long[] labels) {
    long most = LongStream.of(labels).max().orElse(0);
    return LongStream.rangeClosed(0, most).mapToObj(Long::toString).toList();
  }

  private Pair pair(String stem) throws IOException {
    Path pictures = find(stem + "-images", "idx3-ubyte");
    Path labels = find(stem + "-labels", "idx1-ubyte");
    long[] shape;
    try (RawFile in = RawFile.open(pictures)) {
      shape = header(in, 3);
      in.check(shape);
    }
    long[] y = labels(labels);
    if (shape[0] != y.length) {
      throw new CorruptFileException(
          labels,
          "it has %d labels, and %s has %d pictures; fetch both again"
              .formatted(y.length, pictures.getFileName(), shape[0]));
    }
    if (!classes.isEmpty()) {
      checkLabels(labels, y, classes.size());
    }
    return new Pair(pictures, shape, y);
  }

  private static long[] labels(Path file) throws IOException {
    try (Scope scope = Scope.open();
        RawFile in = RawFile.open(file)) {
      Tensor t = in.bytes(header(in, 1));
      in.end();
      return Tensors.toLongArray(t);
    }
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

  /** Reads what stands before unsigned bytes: the number of axes, and their sizes. */
  private static long[] header(RawFile in, int axes) throws IOException {
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
    return shape;
  }
}
