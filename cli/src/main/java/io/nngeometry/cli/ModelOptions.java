package io.nngeometry.cli;

import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which network a command is about, in which type, and which of its layers. */
final class ModelOptions {
  private static final String PROGRAM = ".pt2";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME|FILE.pt2",
      description =
          "small-conv, lenet, mlp, resnet20, resnet18, resnet50, transformer, or a network exported"
              + " from PyTorch by torch.export.save. Default: small-conv.")
  private @Nullable String model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "Weights of a network given by name: safetensors, or a state_dict of PyTorch. Default:"
              + " drawn from --seed; compare, spectrum and solve then train it.")
  private @Nullable Path weights;

  @Option(
      names = "--classes",
      paramLabel = "C",
      description =
          "Number of outputs, or of tokens, of a network given by name. Default: that of --weights,"
              + " or its own.")
  private @Nullable Integer classes;

  @Option(
      names = "--width",
      paramLabel = "W",
      description =
          "Channels of the first stage of resnet20 (16) and resnet18 (64), hidden units of mlp (32),"
              + " features of a token of transformer (64). Default: that of --weights, or these.")
  private @Nullable Integer width;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = CompareOptions.Precision.class,
      description =
          "float64 or float32: network and data are converted to it. Default: the network's own,"
              + " float32 for those given by name; float64 in compare, spectrum and solve.")
  private @Nullable FloatType dtype;

  @Option(
      names = "--layers",
      paramLabel = "GLOB",
      split = ",",
      description =
          "Layers or parameters to look at, by name: 'block?.*,!*.bias', where ! leaves out."
              + " Default: all.")
  private List<String> layers = List.of();

  /** Whether a network is named. */
  boolean given() {
    return model != null;
  }

  /**
   * The network, in evaluation mode.
   *
   * @param seed of its parameters, if no weights are given
   */
  Network load(long seed) throws IOException {
    return load(seed, Optional.empty(), null, weights);
  }

  /**
   * The network for such data.
   *
   * @param seed of its parameters, if no weights are given
   * @param example sizes of one example
   */
  Network load(long seed, long... example) throws IOException {
    return load(seed, boxed(example), null, weights);
  }

  /**
   * The same of type {@code usual} where none is asked for.
   *
   * @param instead weights to take for those of the options, or null
   */
  Network load(long seed, FloatType usual, @Nullable Path instead, long... example)
      throws IOException {
    return load(seed, boxed(example), usual, instead == null ? weights : instead);
  }

  /**
   * The network for such data, its parameters neither drawn nor loaded, and of float32, in which it
   * is to be trained; it tells the type that it is to have then.
   */
  Network untrained(FloatType usual, long[] example, int outputs) {
    NetworkKind kind = kind().orElseThrow();
    NetworkKind.Shape shape = asked(boxed(example)).or(NetworkKind.Shape.of(example, outputs));
    return chosen(named(kind, shape, kind.build(shape), dtype(usual)));
  }

  /** Whether the network is one by name that nobody trained: its parameters are drawn. */
  boolean isDrawn() {
    return weights == null && kind().isPresent();
  }

  /** The weights' file, if one is given. */
  Optional<Path> weights() {
    return Optional.ofNullable(weights);
  }

  /** The type asked for, or the {@code usual} one. */
  FloatType dtype(FloatType usual) {
    return dtype == null ? usual : dtype;
  }

  private Optional<NetworkKind> kind() {
    return NetworkKind.find(name());
  }

  private String name() {
    return model == null ? NetworkKind.SMALL_CONV.word() : model;
  }

  private Network load(
      long seed, Optional<List<Long>> example, @Nullable FloatType usual, @Nullable Path parameters)
      throws IOException {
    Optional<NetworkKind> kind = kind();
    return chosen(
        kind.isPresent()
            ? built(kind.get(), seed, example, usual, parameters)
            : read(Path.of(name()), usual));
  }

  private Network chosen(Network whole) {
    return whole.with(chosen(whole.layers()));
  }

  /** Those of {@code all} layers that --layers names. */
  LayerCollection chosen(LayerCollection all) {
    return layers.isEmpty() ? all : Globs.of(layers).choose(all);
  }

  private static Optional<List<Long>> boxed(long[] sizes) {
    return Optional.of(Arrays.stream(sizes).boxed().toList());
  }

  private NetworkKind.Shape asked(Optional<List<Long>> example) {
    Check check = new Check(spec.commandLine());
    check.atLeast("--classes", classes == null ? 1 : classes, 1);
    check.atLeast("--width", width == null ? 1 : width, 1);
    return new NetworkKind.Shape(example, Optional.ofNullable(classes), Optional.ofNullable(width));
  }

  private Network built(
      NetworkKind kind,
      long seed,
      Optional<List<Long>> example,
      @Nullable FloatType usual,
      @Nullable Path parameters)
      throws IOException {
    NetworkKind.Shape shape =
        asked(example)
            .or(parameters == null ? NetworkKind.Shape.DEFAULT : Weights.shape(parameters));
    Module net = kind.build(shape);
    if (parameters == null) {
      net.initialize(seed);
    } else {
      Weights.load(parameters, kind, net);
    }
    FloatType type = dtype(usual == null ? FloatType.FLOAT32 : usual);
    net.to(type.type()).eval();
    return named(kind, shape, net, type);
  }

  private static Network named(
      NetworkKind kind, NetworkKind.Shape shape, Module net, FloatType type) {
    return new Network(
        kind.word(),
        kind.description(),
        net,
        LayerCollection.of(net),
        type,
        () -> {
          long[] one =
              LongStream.concat(
                      LongStream.of(1), kind.sizes(shape).stream().mapToLong(Long::longValue))
                  .toArray();
          ScalarType takes = kind.inputType();
          return List.of(
              torch.zeros(
                  one, Tensors.options(takes == ScalarType.Undefined ? type.type() : takes)));
        },
        List.of(),
        Optional.of(new Architecture(kind, shape)));
  }

  private Network read(Path file, @Nullable FloatType usual) throws IOException {
    checkProgram(file);
    ExportedProgram program;
    try {
      program = ExportedProgram.load(file);
    } catch (CorruptFileException e) {
      throw new UserException(
          "--model %s; export it again with torch.export.save".formatted(e.getMessage()), e);
    } catch (RuntimeException e) {
      throw new UserException("--model %s: %s".formatted(file, e.getMessage()), e);
    }
    ScalarType own =
        program.namedParameters().values().stream()
            .findFirst()
            .map(p -> Tensors.type(p.tensor()))
            .orElseThrow(
                () -> new UserException("--model %s: it has no parameters".formatted(file)));
    FloatType type =
        dtype(
            usual != null
                ? usual
                : own == ScalarType.Double ? FloatType.FLOAT64 : FloatType.FLOAT32);
    ExportedProgram converted = own == type.type() ? program : program.to(type.type());
    return new Network(
        file.toString(),
        "exported from PyTorch",
        converted,
        LayerCollection.of(converted),
        type,
        converted::oneExample,
        converted.uncovered(),
        Optional.empty());
  }

  private void checkProgram(Path file) {
    if (!file.toString().toLowerCase(Locale.ROOT).endsWith(PROGRAM) && !Files.exists(file)) {
      throw new UsageException(
          "--model: no model '%s'; there are %s, or name a FILE.pt2"
              .formatted(file, NetworkKind.words()));
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new UserException(
          "--model %s: %s; make one in Python with torch.export.save"
              .formatted(file, Files.exists(file) ? "not a readable file" : "no such file"));
    }
    refuse("--weights", weights);
    refuse("--classes", classes);
    refuse("--width", width);
  }

  private static void refuse(String option, @Nullable Object value) {
    if (value != null) {
      throw new UsageException(
          "%s: a .pt2 file has its own; it is for networks given by name".formatted(option));
    }
  }
}
