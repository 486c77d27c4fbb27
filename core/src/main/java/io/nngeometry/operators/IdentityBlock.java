package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A multiple of the identity. */
public final class IdentityBlock implements Block {
  private final Tensor scale; // (1)
  private final long size;

  /** Takes over {@code scale}, one number, of the vectors' dtype. */
  public IdentityBlock(Tensor scale, long size) {
    if (scale.numel() != 1 || size < 1) {
      throw new IllegalArgumentException("a scaled identity needs one number and a dimension");
    }
    this.scale = scale;
    this.size = size;
  }

  private double factor() {
    return Tensors.item(scale);
  }

  @Override
  public String kind() {
    return "identity";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Tensor apply(Tensor rows) {
    return rows.mul(scale);
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(() -> scale.reshape(1).expand(size).clone());
  }

  @Override
  public double trace() {
    return factor() * size;
  }

  @Override
  public double frobeniusNorm() {
    return Math.abs(factor()) * Math.sqrt(size);
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return Optional.of(new Eigenform(StandardBasis.INSTANCE, scale.reshape(1).expand(size)));
  }

  private Block scaled(double by) {
    return Block.keeping(() -> new IdentityBlock(scale.mul(new Scalar(by)), size));
  }

  private Block withFactor(double factor) {
    return Block.keeping(
        () -> {
          Tensor value = Tensors.zeros(scale, 1);
          return new IdentityBlock(value.fill_(new Scalar(factor)), size);
        });
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    return other instanceof IdentityBlock that
        ? Optional.of(withFactor(a * factor() + b * that.factor()))
        : Optional.empty();
  }

  @Override
  public Optional<Block> multiply(Block other) {
    return Optional.of(other.times(factor()));
  }

  @Override
  public Block times(double by) {
    return scaled(by);
  }

  @Override
  public Block inverse(double lambda) {
    Spectrum.checkPositive("the matrix", scale.add(new Scalar(lambda)), lambda);
    return withFactor(1 / (factor() + lambda));
  }

  @Override
  public Block power(double exponent) {
    double power = Math.pow(factor(), exponent);
    if (Double.isNaN(power)) {
      throw RefusedOperationException.powerOfNegative(exponent, kind());
    }
    if (Double.isInfinite(power)) {
      throw new SingularBlockException("the matrix", 0);
    }
    return withFactor(power);
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("scale", scale);
  }
}
