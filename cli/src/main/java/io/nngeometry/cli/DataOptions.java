package io.nngeometry.cli;

import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.models.data.Selection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Which examples a command reads, how many at a time, and the seed of chance. */
final class DataOptions {
  private static final List<String> TOLD =
      List.of("data", "seed", "resize", "stretch", "colour", "normalise");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "SPEC",
      defaultValue = "digits",
      converter = Sources.class,
      description = "Examples: " + DataSource.FORMS + ". Default: ${DEFAULT-VALUE}.")
  private DataSource source;

  @Option(
      names = "--split",
      paramLabel = "PART",
      converter = Parts.class,
      description =
          "train, test or all. Data without a part to test with are split by --seed. Default: test"
              + " if the data have such a part, else all.")
  private @Nullable Part part;

  @Option(
      names = "--n",
      paramLabel = "N",
      description = "How many examples to use, the first ones. Default: all.")
  private @Nullable Integer n;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "100",
      description = "Examples per minibatch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--shuffle",
      description = "Take the examples in a random order, which --seed decides.")
  private boolean shuffle;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private PictureOptions pictures;

  /** Reads the word for a source. */
  static final class Sources implements ITypeConverter<DataSource> {
    @Override
    public DataSource convert(String word) {
      return converted(() -> DataSource.of(word));
    }
  }

  /** Reads the name of a part. */
  static final class Parts implements ITypeConverter<Part> {
    @Override
    public Part convert(String word) {
      return converted(() -> Part.of(word));
    }
  }

  /** A value of the command line, or the complaint about it. */
  static <T> T converted(java.util.function.Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /**
   * Reads the examples, with numbers of {@code type}; integers stay integers. They belong to the
   * caller.
   */
  Dataset load(FloatType type) throws IOException {
    return load(part, type);
  }

  /** The same of another part. */
  Dataset load(@Nullable Part which, FloatType type) throws IOException {
    return load(which, n == null ? Integer.MAX_VALUE : n, type);
  }

  /** The same, and of it at most the first {@code most}; --n, where it is given, is exact. */
  Dataset load(@Nullable Part which, int most, FloatType type) throws IOException {
    Check check = new Check(spec.commandLine());
    check.atLeast("--n", n == null ? 1 : n, 1);
    check.atLeast("--batch", batch, 1);
    Selection selection = selection(which).first(n == null ? most : n);
    try (Dataset read = normalised(read(selection), selection)) {
      if (n != null && which == part) {
        check.between("--n", n, 1, read.size());
      }
      return read.as(type.type());
    } catch (IllegalArgumentException e) {
      throw new UserException("--data %s: %s".formatted(source, e.getMessage()), e);
    }
  }

  /** All examples of a part, whatever --n says. */
  Dataset whole(Part which, FloatType type) throws IOException {
    Selection selection = selection(which);
    try (Dataset read = normalised(read(selection), selection)) {
      return read.as(type.type());
    } catch (IllegalArgumentException e) {
      throw new UserException("--data %s: %s".formatted(source, e.getMessage()), e);
    }
  }

  /** The part asked for; null for what suits the source. */
  @Nullable Part part() {
    return part;
  }

  /** The part asked for, or the {@code usual} one. */
  Part part(Part usual) {
    return part == null ? usual : part;
  }

  /** Examples of another source, read as these are: --n, pictures and their normalisation alike. */
  Dataset load(DataSource other, FloatType type) throws IOException {
    Selection selection = selection(null).first(n == null ? Integer.MAX_VALUE : n);
    try (Dataset read = normalised(other.load(selection), selection)) {
      return read.as(type.type());
    } catch (IllegalArgumentException e) {
      throw new UserException("%s: %s".formatted(other, e.getMessage()), e);
    }
  }

  private Selection selection(@Nullable Part which) {
    Selection plain = Selection.DEFAULT.part(which).seed(seed).framed(pictures.framing());
    return shuffle ? plain.shuffle() : plain;
  }

  private Dataset read(Selection selection) throws IOException {
    try {
      return source.load(selection);
    } catch (IOException e) {
      throw new IOException("--data %s: %s".formatted(source, Explanation.line(e)), e);
    }
  }

  private Dataset normalised(Dataset raw, Selection selection) throws IOException {
    return pictures.normalised(raw, () -> read(selection.part(Part.TRAIN).first(Long.MAX_VALUE)));
  }

  /**
   * These options where they are given, on top of what {@link #addTo} told of another command: its
   * data, but for how many and in what order.
   *
   * @throws ParameterException if what was told makes no sense
   */
  DataOptions over(Map<String, String> settings) {
    Map<String, String> both = new LinkedHashMap<>(settings);
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName().substring(2);
      if (TOLD.contains(name) && !name.equals("seed")) {
        both.put(
            name, option.type() == boolean.class ? "true" : option.originalStringValues().get(0));
      }
    }
    return of(both);
  }

  /** Fails unless --n, where it is given, is what {@code read} has. */
  void checkRead(Dataset read) {
    new Check(spec.commandLine()).between("--n", n == null ? 1 : n, 1, read.size());
  }

  /** How many to read at the most, where {@code usual} are. */
  int most(int usual) {
    return n == null ? usual : n;
  }

  /**
   * The options that {@link #addTo} told of another command: the data, their split, and what
   * becomes of pictures.
   *
   * @throws ParameterException if they make no sense
   */
  static DataOptions of(Map<String, String> settings) {
    Told told = new Told();
    List<String> arguments = new ArrayList<>();
    for (String name : TOLD) {
      if (settings.containsKey(name)) {
        arguments.add("--%s=%s".formatted(name, settings.get(name)));
      }
    }
    new CommandLine(told).parseArgs(arguments.toArray(String[]::new));
    return told.data;
  }

  @Command(name = "data")
  private static final class Told {
    @Mixin private DataOptions data;
  }

  /** Where the examples come from. */
  DataSource source() {
    return source;
  }

  /** Examples per minibatch. */
  int batch() {
    return batch;
  }

  /** Seed of everything random. */
  long seed() {
    return seed;
  }

  /** Adds every setting as it holds, by its option's name. */
  void addTo(Map<String, Object> settings, Dataset read) {
    settings.put("data", source.toString());
    settings.put("split", (part == null ? source.usualPart() : part).toString());
    settings.put("n", read.size());
    settings.put("batch", batch);
    settings.put("shuffle", shuffle);
    settings.put("seed", seed);
    pictures.addTo(settings);
  }
}
