package io.nngeometry.cli;

import io.nngeometry.models.LeNet;
import io.nngeometry.models.Mlp;
import io.nngeometry.models.Norm;
import io.nngeometry.models.ResNet18;
import io.nngeometry.models.ResNet50;
import io.nngeometry.models.ResNetCifar;
import io.nngeometry.models.SmallConvNet;
import io.nngeometry.models.Transformer;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The networks that commands know by name. */
enum NetworkKind {
  /** The one made for the digits. */
  SMALL_CONV("LeNet-like network for 8 x 8 digits, 10 classes", new long[] {1, 8, 8}) {
    @Override
    Module build(Shape shape) {
      shape.refuseWidth(this);
      requireInput(shape, input()[0], input()[1], input()[2]);
      if (shape.classes().orElse(Digits.CLASSES) != Digits.CLASSES) {
        throw new UsageException(
            "--classes: %s has %d classes; mlp takes any number".formatted(word(), Digits.CLASSES));
      }
      return new SmallConvNet();
    }
  },

  /** LeCun et al. 1998, for images from 12 x 12 pixels. */
  LENET("LeNet-5 with rectifiers and max-pools", new long[] {1, 28, 28}) {
    @Override
    Module build(Shape shape) {
      shape.refuseWidth(this);
      requireImages(shape, LeNet.LEAST);
      List<Long> sizes = sizes(shape);
      return new LeNet(sizes.get(0), sizes.get(1), sizes.get(2), shape.classes().orElse(10));
    }
  },

  /** A perceptron of one hidden layer. */
  MLP("perceptron of one hidden layer", new long[] {1, 8, 8}) {
    @Override
    Module build(Shape shape) {
      return new Mlp(
          sizes(shape).stream().reduce(1L, Math::multiplyExact),
          shape.width().orElse(32),
          shape.classes().orElse(Digits.CLASSES));
    }
  },

  /** He et al. 2016, section 4.2, for small images. */
  RESNET20(
      "residual network of 20 layers for small images, with batch normalisation",
      new long[] {3, 32, 32}) {
    @Override
    Module build(Shape shape) {
      requireImages(shape, 1);
      return ResNetCifar.resNet20(
          sizes(shape).get(0), shape.width().orElse(16), shape.classes().orElse(10));
    }
  },

  /** He et al. 2016, for 32 x 32 images. */
  RESNET18("residual network of 18 layers with batch normalisation", new long[] {3, 32, 32}) {
    @Override
    Module build(Shape shape) {
      requireImages(shape, 1);
      return new ResNet18(
          sizes(shape).get(0), shape.width().orElse(64), shape.classes().orElse(10), Norm.BATCH);
    }
  },

  /** The paper's network. */
  RESNET50("residual network of 50 layers without normalisation", new long[] {3, 64, 64}) {
    @Override
    Module build(Shape shape) {
      shape.refuseWidth(this);
      requireImages(shape, 1);
      return new ResNet50(sizes(shape).get(0), shape.classes().orElse(200), Norm.NONE);
    }
  },

  /** A decoder of two blocks, for sequences of tokens. */
  TRANSFORMER(
      "causal transformer of two blocks and two heads, its last layer tied to the embedding",
      new long[] {64}) {
    @Override
    Module build(Shape shape) {
      if (sizes(shape).size() != 1) {
        throw new UsageException(
            "--model: transformer takes sequences of tokens, not inputs of %s; %s take images"
                .formatted(times(sizes(shape)), ANY_IMAGES));
      }
      return new Transformer(
          Transformer.Options.of(
              shape.classes().orElse(256), sizes(shape).get(0), shape.width().orElse(64)));
    }

    @Override
    ScalarType inputType() {
      return ScalarType.Long;
    }

    @Override
    int classAxis() {
      return -1;
    }
  };

  static final String ANY_IMAGES = "mlp, lenet and the residual networks";

  private final String description;
  private final long[] input;

  NetworkKind(String description, long[] input) {
    this.description = description;
    this.input = input;
  }

  /**
   * What can be chosen of a network.
   *
   * @param input sizes of one example, as channels, height and width
   * @param classes number of outputs, or of tokens
   * @param width of the first stage, of the hidden layer, or of a token
   */
  record Shape(Optional<List<Long>> input, Optional<Integer> classes, Optional<Integer> width) {
    /** The network's own. */
    static final Shape DEFAULT = new Shape(Optional.empty(), Optional.empty(), Optional.empty());

    /** Copies. */
    Shape {
      input = input.map(List::copyOf);
    }

    /** That of a network for such data, with everything else its own. */
    static Shape of(long[] input, int classes) {
      return DEFAULT.on(input, classes);
    }

    /** What {@code other} says where this says nothing. */
    Shape or(Shape other) {
      return new Shape(input.or(other::input), classes.or(other::classes), width.or(other::width));
    }

    /** The same of another width. */
    Shape width(Optional<Integer> other) {
      return new Shape(input, classes, other);
    }

    /** The same for such data. */
    Shape on(long[] sizes, int outputs) {
      return new Shape(
          Optional.of(Arrays.stream(sizes).boxed().toList()), Optional.of(outputs), width);
    }

    private void refuseWidth(NetworkKind kind) {
      if (width.isPresent()) {
        throw new UsageException(
            "--width: %s has a fixed width; mlp, resnet20, resnet18 and transformer take one"
                .formatted(kind.word()));
      }
    }
  }

  /** The network, with parameters yet to be drawn or loaded. */
  abstract Module build(Shape shape);

  /** Sizes of one example. */
  final List<Long> sizes(Shape shape) {
    return shape.input().orElseGet(() -> Arrays.stream(input).boxed().toList());
  }

  final void requireInput(Shape shape, Long... wanted) {
    if (!sizes(shape).equals(List.of(wanted))) {
      throw new UsageException(
          "--model: %s takes inputs of %s, not of %s; %s take any"
              .formatted(word(), times(List.of(wanted)), times(sizes(shape)), ANY_IMAGES));
    }
  }

  /** Requires channels, height and width, and at least {@code least} pixels along either. */
  final void requireImages(Shape shape, long least) {
    List<Long> sizes = sizes(shape);
    if (sizes.size() != 3 || sizes.get(1) < least || sizes.get(2) < least) {
      throw new UsageException(
          "--model: %s takes images of channels x height x width, of at least %d x %d pixels, not inputs of %s; mlp takes any"
              .formatted(word(), least, least, times(sizes)));
    }
  }

  static String times(List<Long> sizes) {
    return sizes.stream().map(String::valueOf).collect(Collectors.joining(" x "));
  }

  /** Type of what it takes: undefined for that of its parameters. */
  ScalarType inputType() {
    return ScalarType.Undefined;
  }

  /** Which axis of its outputs the classes are. */
  int classAxis() {
    return 1;
  }

  /** Its name on the command line. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace("_", "-");
  }

  /** What it is, in a phrase. */
  String description() {
    return description;
  }

  /** Shape of one example. */
  long[] input() {
    return input.clone();
  }

  /** The network called {@code name} on the command line. */
  static NetworkKind of(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no model '%s'; there are %s".formatted(name, words())));
  }

  /** The network called {@code name}, if there is one. */
  static Optional<NetworkKind> find(String name) {
    return Arrays.stream(values())
        .filter(kind -> kind.word().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst();
  }

  /** All names. */
  static String words() {
    return String.join(", ", Arrays.stream(values()).map(NetworkKind::word).toList());
  }
}
