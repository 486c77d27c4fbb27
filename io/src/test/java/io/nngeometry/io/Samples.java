package io.nngeometry.io;

import io.nngeometry.engine.Tensors;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors and files for the tests. */
final class Samples {
  static final List<ScalarType> TYPES =
      List.of(
          ScalarType.Double,
          ScalarType.Float,
          ScalarType.Half,
          ScalarType.BFloat16,
          ScalarType.Long,
          ScalarType.Int,
          ScalarType.Short,
          ScalarType.Char,
          ScalarType.Byte,
          ScalarType.Bool);

  private Samples() {}

  /** Random elements that every type but bool holds exactly. */
  static Tensor random(Random random, ScalarType type, long... shape) {
    double[] values = new double[(int) Tensors.numel(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(type == ScalarType.Byte ? 256 : 128);
    }
    Tensor t = of(values, shape);
    return type == ScalarType.Bool ? t.gt(new Scalar(63.0)) : t.to(type);
  }

  /** A float64 tensor of {@code values}, put into its memory. */
  static Tensor of(double[] values, long... shape) {
    Tensor t = torch.empty(shape, Tensors.options(ScalarType.Double), new MemoryFormatOptional());
    if (values.length > 0) {
      t.data_ptr_double().put(values);
    }
    return t;
  }

  static boolean same(Tensor a, Tensor b) {
    return a.scalar_type().intern() == b.scalar_type().intern() && a.equal(b);
  }

  /** A file that Python made. */
  static Path fromPython(String name) {
    try {
      return Path.of(Objects.requireNonNull(Samples.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
