package io.nngeometry.io;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The element types that files hold, named as safetensors names them.
 *
 * <p>The order is that of the reference implementation, which lays tensors out by descending type:
 * sizes descend too, so that each tensor is aligned.
 */
enum Dtype {
  BOOL(ScalarType.Bool, 1, "b1"),
  U8(ScalarType.Byte, 1, "u1"),
  I8(ScalarType.Char, 1, "i1"),
  I16(ScalarType.Short, 2, "i2"),
  F16(ScalarType.Half, 2, "f2"),
  BF16(ScalarType.BFloat16, 2, null),
  I32(ScalarType.Int, 4, "i4"),
  F32(ScalarType.Float, 4, "f4"),
  F64(ScalarType.Double, 8, "f8"),
  I64(ScalarType.Long, 8, "i8");

  private final ScalarType type;
  private final int size;
  private final @Nullable String npy;

  Dtype(ScalarType type, int size, @Nullable String npy) {
    this.type = type;
    this.size = size;
    this.npy = npy;
  }

  /** libtorch's name. */
  ScalarType type() {
    return type;
  }

  /** Bytes of an element. */
  int size() {
    return size;
  }

  /** NumPy's kind and size, without the byte order. */
  Optional<String> npy() {
    return Optional.ofNullable(npy);
  }

  /** The type that safetensors calls {@code name}. */
  static Optional<Dtype> named(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }

  /** The type that NumPy calls {@code name}, without the byte order. */
  static Optional<Dtype> ofNpy(String name) {
    return Arrays.stream(values()).filter(d -> name.equals(d.npy)).findFirst();
  }

  /** The element type of {@code t}; empty if files cannot hold it. */
  static Optional<Dtype> of(Tensor t) {
    return of(t.scalar_type().intern());
  }

  /** The element type that libtorch calls {@code type}; empty if files cannot hold it. */
  static Optional<Dtype> of(ScalarType type) {
    return Arrays.stream(values()).filter(d -> d.type == type).findFirst();
  }
}
