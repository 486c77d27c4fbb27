package io.nngeometry.engine;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Short names for what libtorch's Java binding spells out at length. */
public final class Tensors {
  private Tensors() {}

  /** The sizes of {@code t}. */
  public static long[] shape(Tensor t) {
    long[] shape = new long[(int) t.dim()];
    for (int k = 0; k < shape.length; k++) {
      shape[k] = t.size(k);
    }
    return shape;
  }

  /** The element type, as the one constant that {@code ==} compares. */
  public static ScalarType type(Tensor t) {
    return t.scalar_type().intern();
  }

  /** The product of {@code sizes}; one for none. */
  public static long numel(long... sizes) {
    return Arrays.stream(sizes).reduce(1L, Math::multiplyExact);
  }

  /** {@code (n, everything after the first axis)}. */
  public static Tensor flatten(Tensor t) {
    return t.reshape(t.size(0), t.size(0) == 0 ? 0 : t.numel() / t.size(0));
  }

  /** {@code null} becomes the empty optional. */
  public static TensorOptional optional(@Nullable Tensor t) {
    return t == null ? new TensorOptional() : new TensorOptional(t);
  }

  /** Zeros with the dtype and device of {@code like}. */
  public static Tensor zeros(Tensor like, long... sizes) {
    return torch.zeros(sizes, options(like));
  }

  /** Uninitialised memory with the dtype and device of {@code like}. */
  public static Tensor empty(Tensor like, long... sizes) {
    return empty(options(like), sizes);
  }

  /** An uninitialised tensor. */
  public static Tensor empty(TensorOptions options, long... sizes) {
    return torch.empty(sizes, options, new MemoryFormatOptional());
  }

  /** The identity matrix with the dtype and device of {@code like}. */
  public static Tensor eye(Tensor like, long size) {
    return torch.eye(size, options(like));
  }

  /** dtype and device of {@code like}, without its requires_grad. */
  public static TensorOptions options(Tensor like) {
    return like.options().requires_grad(new BoolOptional(false));
  }

  /** Options of a CPU tensor of {@code type}. */
  public static TensorOptions options(ScalarType type) {
    return new TensorOptions(type);
  }

  /** Standard normal numbers drawn from {@code seed}: the same seed gives the same tensor. */
  public static Tensor randn(long seed, TensorOptions options, long... sizes) {
    return torch.randn(sizes, new GeneratorOptional(generator(seed)), options);
  }

  /** A generator of its own, started at {@code seed}. */
  public static Generator generator(long seed) {
    return torch.make_generator_cpu(seed);
  }

  /** A float64 CPU tensor that owns a copy of {@code values}. */
  public static Tensor of(double[] values, long... sizes) {
    // torch.tensor(DoubleArrayRef) would read memory that the binding has already freed
    Tensor t =
        torch.empty(
            sizes, options(ScalarType.Double), new org.bytedeco.pytorch.MemoryFormatOptional());
    if (t.numel() != values.length) {
      throw new IllegalArgumentException(
          "%d values do not fill shape %s".formatted(values.length, Arrays.toString(sizes)));
    }
    if (values.length > 0) {
      t.data_ptr_double().put(values);
    }
    return t;
  }

  /** An int64 CPU tensor that owns a copy of {@code values}. */
  public static Tensor of(long[] values, long... sizes) {
    return torch.tensor(values, options(ScalarType.Long)).reshape(sizes);
  }

  /** Concatenation along an existing axis. */
  public static Tensor cat(List<Tensor> parts, long axis) {
    return parts.size() == 1 ? parts.get(0) : torch.cat(vector(parts), axis);
  }

  /** Concatenation along a new axis. */
  public static Tensor stack(List<Tensor> parts, long axis) {
    return torch.stack(vector(parts), axis);
  }

  /** {@code t[start:end:step]} along {@code axis}. */
  public static Tensor slice(Tensor t, long axis, long start, long end, long step) {
    return t.slice(axis, new LongOptional(start), new LongOptional(end), step);
  }

  /** Sum over {@code axes}, which are kept with size one if {@code keep}. */
  public static Tensor sum(Tensor t, boolean keep, long... axes) {
    return axes.length == 0 ? t : t.sum(axes, keep, new ScalarTypeOptional());
  }

  /** The one number in {@code t}. */
  public static double item(Tensor t) {
    return t.item_double();
  }

  /** The scalar {@code x} as libtorch takes it. */
  public static Scalar scalar(double x) {
    return new Scalar(x);
  }

  /** One number (), of the type and device of {@code like}. */
  public static Tensor filled(Tensor like, double x) {
    return torch.full(new long[0], new Scalar(x), options(like));
  }

  /** {@code a} times {@code x}. */
  public static Tensor times(Tensor a, double x) {
    return a.mul(new Scalar(x));
  }

  /** The elements of {@code t} in row-major order. */
  public static double[] toArray(Tensor t) {
    try (Scope scope = Scope.open()) {
      Tensor c = t.detach().cpu().to(ScalarType.Double).contiguous();
      double[] values = new double[Math.toIntExact(c.numel())];
      if (values.length > 0) {
        c.data_ptr_double().get(values);
      }
      return values;
    }
  }

  /** The elements of an integer tensor in row-major order. */
  public static long[] toLongArray(Tensor t) {
    try (Scope scope = Scope.open()) {
      Tensor c = t.detach().cpu().to(ScalarType.Long).contiguous();
      long[] values = new long[Math.toIntExact(c.numel())];
      if (values.length > 0) {
        c.data_ptr_long().get(values);
      }
      return values;
    }
  }

  /** Whether every element is a finite number. */
  public static boolean isFinite(Tensor t) {
    try (Scope scope = Scope.open()) {
      // a sum is finite unless an element is not, or it overflows: one pass, no boolean temporary
      return !t.is_floating_point()
          || t.numel() == 0
          || Double.isFinite(t.detach().sum().item_double())
          || t.detach().isfinite().all().item_bool();
    }
  }

  /**
   * Vector-Jacobian product by reverse mode: the gradients of {@code <output, cotangent>} with
   * respect to {@code inputs}, any tensors of the graph. The graph is kept if {@code retain}. An
   * input that the output does not depend on gets zeros.
   */
  public static List<Tensor> gradients(
      Tensor output, Tensor cotangent, List<Tensor> inputs, boolean retain) {
    return gradients(List.of(output), List.of(cotangent), inputs, retain);
  }

  /** The same for several outputs, each with a cotangent: the sum over them, in one backward. */
  public static List<Tensor> gradients(
      List<Tensor> outputs, List<Tensor> cotangents, List<Tensor> inputs, boolean retain) {
    TensorVector grads =
        torch.grad(
            vector(outputs),
            vector(inputs),
            vector(cotangents),
            new BoolOptional(retain),
            false,
            true);
    Tensor[] result = new Tensor[inputs.size()];
    for (int k = 0; k < result.length; k++) {
      // an element of a vector is a reference into it and dies with it
      Tensor g = new Tensor(grads.get(k));
      result[k] = g.defined() ? g : torch.zeros_like(inputs.get(k));
    }
    return List.of(result);
  }

  /** The elements of {@code t} in ascending order along its last axis. */
  public static Tensor ascending(Tensor t) {
    return new Tensor(torch.sort(t).get0());
  }

  /** libtorch's own list. */
  public static TensorVector vector(List<Tensor> parts) {
    return new TensorVector(parts.toArray(Tensor[]::new));
  }
}
