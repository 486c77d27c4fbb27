package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How inputs are stored, and how a minibatch of them becomes what a model takes. */
sealed interface Encoding {

  /** The encoding of a tensor of this type and these axes; pictures are white at {@code white}. */
  static Encoding of(Tensor stored, int white) {
    ScalarType type = Tensors.type(stored);
    if (type == ScalarType.Byte && stored.dim() == 4) {
      return new Pictures(white, ScalarType.Float, Normalisation.SYMMETRIC, Framing.AS_IS);
    }
    if (type == ScalarType.Float || type == ScalarType.Double) {
      return new Numbers(type);
    }
    return stored.is_floating_point() || type == ScalarType.Bool
        ? new Numbers(ScalarType.Float)
        : new Indices();
  }

  /** What the model takes for these examples; it may be a view of them. */
  Tensor decode(Tensor stored);

  /** Shape of one example for the model, of what is stored as {@code shape}. */
  long[] shape(long[] shape);

  /** The same with numbers of another floating type. */
  Encoding as(ScalarType type);

  /** Element type of targets that are no integers, where the data has {@code own}. */
  ScalarType targets(ScalarType own);

  /** The pictures' encoding, if it is one. */
  default Pictures pictures(String what) {
    throw new IllegalArgumentException(
        "%s is for pictures, which are uint8 of shape (n, channels, height, width); these inputs are none"
            .formatted(what));
  }

  /**
   * Pictures, a byte a channel, (n, channels, height, width).
   *
   * @param white the byte that is white; zero is black
   * @param type of the numbers that the model takes
   * @param normalisation what a pixel becomes
   * @param framing size and colour for the model
   */
  record Pictures(int white, ScalarType type, Normalisation normalisation, Framing framing)
      implements Encoding {
    private static final double[] LUMA = {0.299, 0.587, 0.114};

    @Override
    public Tensor decode(Tensor stored) {
      try (Scope scope = Scope.open()) {
        Tensor pixels = framed(stored.to(type));
        return scope.keep(normalisation.apply(pixels, white));
      }
    }

    /** In the size and colour of the framing, before normalisation. */
    Tensor framed(Tensor pixels) {
      Tensor sized =
          framing.keepsSize()
              ? pixels
              : Resampling.of((int) pixels.size(2), (int) pixels.size(3), framing, pixels)
                  .apply(pixels);
      return coloured(sized);
    }

    private Tensor coloured(Tensor pixels) {
      long own = pixels.size(1);
      int wanted = framing.colour().channels((int) own);
      if (wanted == own) {
        return pixels;
      }
      if (own == 1) {
        return pixels.expand(pixels.size(0), wanted, pixels.size(2), pixels.size(3));
      }
      if (own != LUMA.length || wanted != 1) {
        throw new IllegalArgumentException(
            "pictures of %d channels cannot be made grey or rgb; those of 1 or 3 can"
                .formatted(own));
      }
      Tensor luma = Tensors.of(LUMA, 1, LUMA.length, 1, 1).to(pixels.device(), type);
      return Tensors.sum(pixels.mul(luma), true, 1);
    }

    @Override
    public long[] shape(long[] shape) {
      long channels = framing.colour().channels((int) shape[0]);
      return framing.keepsSize()
          ? new long[] {channels, shape[1], shape[2]}
          : new long[] {channels, framing.height(), framing.width()};
    }

    @Override
    public Encoding as(ScalarType other) {
      return new Pictures(white, other, normalisation, framing);
    }

    @Override
    public ScalarType targets(ScalarType own) {
      return type;
    }

    @Override
    public Pictures pictures(String what) {
      return this;
    }

    Pictures with(Normalisation other) {
      return new Pictures(white, type, other, framing);
    }

    Pictures with(Framing other) {
      return new Pictures(white, type, normalisation, other);
    }
  }

  /**
   * Numbers.
   *
   * @param type of the numbers that the model takes
   */
  record Numbers(ScalarType type) implements Encoding {
    @Override
    public Tensor decode(Tensor stored) {
      return stored.to(type);
    }

    @Override
    public long[] shape(long[] shape) {
      return shape;
    }

    @Override
    public Encoding as(ScalarType other) {
      return new Numbers(other);
    }

    @Override
    public ScalarType targets(ScalarType own) {
      return type;
    }
  }

  /**
   * Integers, such as the tokens of an embedding.
   *
   * @param targets type of targets that are no integers; undefined for their own
   */
  record Indices(ScalarType targets) implements Encoding {
    Indices() {
      this(ScalarType.Undefined);
    }

    @Override
    public Tensor decode(Tensor stored) {
      return stored.to(ScalarType.Long);
    }

    @Override
    public long[] shape(long[] shape) {
      return shape;
    }

    @Override
    public Encoding as(ScalarType other) {
      return new Indices(other);
    }

    @Override
    public ScalarType targets(ScalarType own) {
      return targets == ScalarType.Undefined ? own : targets;
    }
  }
}
