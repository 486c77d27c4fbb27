package io.nngeometry.vectors;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The algebra that vectors of both spaces share. Vectors are immutable; results are new and belong
 * to the caller. Everything is differentiable: a vector made of tensors with a history keeps it.
 *
 * @param <V> the kind of vector
 */
public abstract class Vector<V extends Vector<V>> implements AutoCloseable {
  private final Tensor values;

  Vector(Tensor values) {
    if (!values.is_floating_point()) {
      throw new IllegalArgumentException("a vector needs a floating type, got " + values.dtype());
    }
    this.values = values;
  }

  /** A vector of the same space. */
  abstract V sameSpace(Tensor values);

  /**
   * Fails if {@code other} lives in another space.
   *
   * @throws IllegalArgumentException naming both
   */
  abstract void checkSameSpace(V other);

  /** The coordinates; not a copy. */
  public final Tensor tensor() {
    if (values.isNull()) {
      throw new IllegalStateException("this vector has been closed, or its scope has");
    }
    return values;
  }

  private V map(UnaryOperator<Tensor> f) {
    return sameSpace(Scope.keeping(() -> f.apply(tensor())));
  }

  private V zip(V other, BinaryOperator<Tensor> f) {
    checkSameSpace(other);
    return sameSpace(Scope.keeping(() -> f.apply(tensor(), other.tensor())));
  }

  /** Sum. */
  public final V plus(V other) {
    return zip(other, Tensor::add);
  }

  /** Difference. */
  public final V minus(V other) {
    return zip(other, Tensor::sub);
  }

  /** This vector plus {@code factor} times {@code other}. */
  public final V plus(double factor, V other) {
    return zip(other, (a, b) -> a.add(b, new Scalar(factor)));
  }

  /** Multiple. */
  public final V times(double factor) {
    return map(t -> t.mul(new Scalar(factor)));
  }

  /** Product with a number held in a 0-d tensor, differentiable in both. */
  public final V times(Tensor factor) {
    if (factor.numel() != 1) {
      throw new IllegalArgumentException("a factor must be one number, not " + factor.numel());
    }
    return map(t -> t.mul(factor.reshape()));
  }

  /** Multiple by the reciprocal. */
  public final V dividedBy(double divisor) {
    return map(t -> t.div(new Scalar(divisor)));
  }

  /** The vector that adds up with this one to zero. */
  public final V negated() {
    return map(Tensor::neg);
  }

  /** Coordinatewise product. */
  public final V timesElementwise(V other) {
    return zip(other, Tensor::mul);
  }

  /** Coordinatewise quotient. */
  public final V dividedElementwise(V other) {
    return zip(other, Tensor::div);
  }

  /** Coordinatewise power. */
  public final V pow(double exponent) {
    return map(t -> t.pow(new Scalar(exponent)));
  }

  /** Inner product. */
  public final double dot(V other) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(innerProduct(other));
    }
  }

  /** Inner product as a 0-d tensor, differentiable in both vectors. */
  public final Tensor innerProduct(V other) {
    checkSameSpace(other);
    return Scope.keeping(() -> tensor().reshape(-1).dot(other.tensor().reshape(-1)));
  }

  /** Euclidean norm. */
  public final double norm() {
    return norm(2);
  }

  /** The p-norm; infinity gives the greatest absolute coordinate. */
  public final double norm(double p) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(tensor().detach().norm(new Scalar(p)));
    }
  }

  /** Cosine of the angle to {@code other}; NaN if one of them is zero. */
  public final double cosine(V other) {
    return dot(other) / (norm() * other.norm());
  }

  /** The same coordinates without a history. */
  public final V detached() {
    return map(Tensor::detach);
  }

  /** A copy that shares no memory. */
  public final V copy() {
    return map(t -> t.detach().clone());
  }

  /** Frees the coordinates. */
  @Override
  public final void close() {
    values.close();
  }
}
