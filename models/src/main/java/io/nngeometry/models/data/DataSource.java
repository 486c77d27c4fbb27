package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where examples come from, named by one word:
 *
 * <table>
 * <caption>Sources</caption>
 * <tr><td>{@code digits}</td><td>the embedded {@link Digits}</td></tr>
 * <tr><td>{@code fashion-mnist}, {@code fashion-mnist:DIR}</td><td>the files of Debian's package
 *     dataset-fashion-mnist, or those of a folder</td></tr>
 * <tr><td>{@code idx:DIR}</td><td>grey pictures in files as of MNIST, packed by gzip or
 *     not</td></tr>
 * <tr><td>{@code cifar10:DIR}</td><td>the binary version of CIFAR-10</td></tr>
 * <tr><td>{@code image-folder:DIR}</td><td>JPEG, PNG and WebP files in a folder for every class,
 *     perhaps under {@code train} and {@code val}; or in TinyImageNet's layout; red, green and blue
 *     unless told otherwise</td></tr>
 * <tr><td>{@code safetensors:FILE}</td><td>tensors {@code x} and, where there are targets, {@code
 *     y}</td></tr>
 * <tr><td>{@code npz:FILE}</td><td>arrays {@code x} and {@code y}, likewise</td></tr>
 * <tr><td>{@code npy:X} or {@code npy:X,Y}</td><td>inputs, or inputs and targets</td></tr>
 * </table>
 *
 * Pictures are uint8 of shape (n, channels, height, width). A source that has no held-out part is
 * split at random, by the seed of the {@link Selection}: three quarters to train on, a quarter held
 * out, every class in proportion.
 */
public abstract sealed class DataSource
    permits DataSource.Embedded, DataSource.InMemory, ArrayFiles, IdxFiles, Cifar10, ImageFolder {
  /** How sources are written. */
  public static final String FORMS =
      "digits, fashion-mnist[:DIR], idx:DIR, cifar10:DIR, image-folder:DIR, safetensors:FILE and"
          + " npz:FILE (arrays x and y), npy:X[,Y]";

  private final String word;

  DataSource(String word) {
    this.word = word;
  }

  /** The kinds of sources, and how each is written. */
  private enum Kind {
    DIGITS("digits", false) {
      @Override
      DataSource of(String word, String place) {
        return new Embedded(word);
      }
    },

    FASHION_MNIST("fashion-mnist[:DIR]", false) {
      @Override
      DataSource of(String word, String place) {
        return IdxFiles.fashion(word, place.isEmpty() ? IdxFiles.FASHION : path(place));
      }
    },

    IDX("idx:DIR", true) {
      @Override
      DataSource of(String word, String place) {
        return IdxFiles.in(word, path(place));
      }
    },

    CIFAR10("cifar10:DIR", true) {
      @Override
      DataSource of(String word, String place) {
        return new Cifar10(word, path(place));
      }
    },

    IMAGE_FOLDER("image-folder:DIR", true) {
      @Override
      DataSource of(String word, String place) {
        return new ImageFolder(word, path(place));
      }
    },

    SAFETENSORS("safetensors:FILE", true) {
      @Override
      DataSource of(String word, String place) {
        return new ArrayFiles(word, ArrayFiles.Format.SAFETENSORS, place);
      }
    },

    NPY("npy:X[,Y]", true) {
      @Override
      DataSource of(String word, String place) {
        return new ArrayFiles(word, ArrayFiles.Format.NPY, place);
      }
    },

    NPZ("npz:FILE", true) {
      @Override
      DataSource of(String word, String place) {
        return new ArrayFiles(word, ArrayFiles.Format.NPZ, place);
      }
    };

    private final String form;
    private final boolean placed;

    Kind(String form, boolean placed) {
      this.form = form;
      this.placed = placed;
    }

    private String prefix() {
      return form.split("[:\\[]", 2)[0];
    }

    abstract DataSource of(String word, String place);
  }

  /**
   * The source called {@code word}. Nothing is read yet.
   *
   * @throws IllegalArgumentException if it names none, with the forms that there are
   */
  public static DataSource of(String word) {
    int colon = word.indexOf(':');
    String prefix = colon < 0 ? word : word.substring(0, colon);
    String place = colon < 0 ? "" : word.substring(colon + 1);
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(k -> k.prefix().equals(prefix))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no data called '%s'; there are %s".formatted(word, FORMS)));
    if (kind.placed && place.isEmpty()) {
      throw new IllegalArgumentException(
          "'%s' names no place; write %s".formatted(word, kind.form));
    }
    if (colon >= 0 && !kind.form.contains(":")) {
      throw new IllegalArgumentException("'%s' has no place; write %s".formatted(word, kind.form));
    }
    return kind.of(word, place);
  }

  /** Tensors in memory, as {@link Dataset#of} takes them. */
  public static DataSource of(Tensor inputs, @Nullable Tensor targets) {
    return new InMemory(Dataset.of(inputs, targets));
  }

  /** The part that {@link Selection#DEFAULT} means: the held-out one if there is one, else all. */
  public Part usualPart() {
    return hasParts() ? Part.TEST : Part.ALL;
  }

  /** Whether the source itself tells the part to train on from the held-out one. */
  abstract boolean hasParts();

  /** What {@code part} has, or all if the source tells no parts. */
  abstract Listing list(Part part) throws IOException;

  /**
   * Reads examples. The result belongs to the caller.
   *
   * @throws IOException if a file is not what it should be, naming it and the remedy
   * @throws IllegalArgumentException if the framing does not fit the inputs
   */
  public Dataset load(Selection selection) throws IOException {
    Part part = Objects.requireNonNullElse(selection.part(), usualPart());
    try (Scope scope = Scope.open();
        Listing listing = list(hasParts() ? part : Part.ALL)) {
      int[] order = order(listing, part, selection);
      if (order.length == 0) {
        throw new IOException(
            "%s: %d examples are too few to have a part to %s with"
                .formatted(word, listing.size(), part));
      }
      return listing.read(order, selection).keep(scope);
    }
  }

  private int[] order(Listing listing, Part part, Selection selection) {
    int size = listing.size();
    int[] order =
        hasParts() || part == Part.ALL
            ? IntStream.range(0, size).toArray()
            : Split.of(listing.labels().orElseGet(() -> new long[size]), selection.seed())
                .part(part);
    int[] turned =
        selection.shuffled()
            ? Arrays.stream(Permutation.of(order.length, selection.seed()))
                .map(k -> order[k])
                .toArray()
            : order;
    return turned.length > selection.first()
        ? Arrays.copyOf(turned, (int) selection.first())
        : turned;
  }

  /** The word that names it. */
  @Override
  public String toString() {
    return word;
  }

  /** A path as the user wrote it. */
  static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'%s' is no path".formatted(text), e);
    }
  }

  /** The embedded digits. */
  static final class Embedded extends DataSource {
    Embedded(String word) {
      super(word);
    }

    @Override
    public Part usualPart() {
      return Part.TEST;
    }

    @Override
    boolean hasParts() {
      return false;
    }

    @Override
    Listing list(Part part) {
      return new Listing.Whole(Digits.all());
    }
  }

  /** Tensors of the caller. */
  static final class InMemory extends DataSource {
    private final Dataset all;

    InMemory(Dataset all) {
      super("memory");
      this.all = all;
    }

    @Override
    boolean hasParts() {
      return false;
    }

    @Override
    Listing list(Part part) {
      return new Listing.Whole(all.slice(0, all.size()));
    }
  }
}
