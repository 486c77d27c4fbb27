package io.nngeometry.cli;

import io.nngeometry.models.Mlp;
import io.nngeometry.models.ResNet18;
import io.nngeometry.models.ResNet50;
import io.nngeometry.models.SmallConvNet;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The networks that commands know by name. */
enum NetworkKind {
  /** The one made for the digits. */
  SMALL_CONV("LeNet-like network for 8 x 8 digits, 10 classes", new long[] {1, 8, 8}) {
    @Override
    Module build(Shape shape) {
      shape.refuseWidth(this);
      if (shape.classes().orElse(Digits.CLASSES) != Digits.CLASSES) {
        throw new UsageException(
            "--classes: %s has %d classes; mlp takes any number".formatted(word(), Digits.CLASSES));
      }
      return new SmallConvNet();
    }
  },

  /** A perceptron of one hidden layer. */
  MLP("one hidden layer, on 8 x 8 digits", new long[] {1, 8, 8}) {
    @Override
    Module build(Shape shape) {
      return new Mlp(64, shape.width().orElse(32), shape.classes().orElse(Digits.CLASSES));
    }
  },

  /** He et al. 2016, for 32 x 32 images. */
  RESNET18("residual network of 18 layers with batch normalisation", new long[] {3, 32, 32}) {
    @Override
    Module build(Shape shape) {
      return new ResNet18(shape.width().orElse(64), shape.classes().orElse(10));
    }
  },

  /** The paper's network. */
  RESNET50("residual network of 50 layers without normalisation", new long[] {3, 64, 64}) {
    @Override
    Module build(Shape shape) {
      shape.refuseWidth(this);
      return new ResNet50(shape.classes().orElse(200));
    }
  };

  private final String description;
  private final long[] input;

  NetworkKind(String description, long[] input) {
    this.description = description;
    this.input = input;
  }

  /**
   * What can be chosen of a network.
   *
   * @param classes number of outputs
   * @param width of the first stage, or of the hidden layer
   */
  record Shape(Optional<Integer> classes, Optional<Integer> width) {
    /** The network's own. */
    static final Shape DEFAULT = new Shape(Optional.empty(), Optional.empty());

    private void refuseWidth(NetworkKind kind) {
      if (width.isPresent()) {
        throw new UsageException(
            "--width: %s has a fixed width; mlp and resnet18 take one".formatted(kind.word()));
      }
    }
  }

  /** The network, with parameters yet to be drawn or loaded. */
  abstract Module build(Shape shape);

  /** The network for the digits. */
  Module forDigits() {
    checkForDigits();
    return build(Shape.DEFAULT);
  }

  /** Fails if digits are no input of it. */
  void checkForDigits() {
    if (input[0] != 1) {
      throw new UsageException(
          "--model: %s is not made for 8 x 8 digits; small-conv and mlp are".formatted(word()));
    }
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
