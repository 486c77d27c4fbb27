package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A diagonal matrix. */
public final class DiagonalBlock implements Block {
  private final Tensor diagonal;

  /** Takes over {@code diagonal}, (p). */
  public DiagonalBlock(Tensor diagonal) {
    this.diagonal = diagonal;
  }

  @Override
  public String kind() {
    return "diagonal";
  }

  @Override
  public long size() {
    return diagonal.size(0);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return rows.mul(diagonal);
  }

  @Override
  public Tensor diagonal() {
    return diagonal;
  }

  @Override
  public double trace() {
    return Spectrum.number(diagonal::sum);
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(diagonal::norm);
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return Optional.of(new Eigenform(StandardBasis.INSTANCE, diagonal));
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    return Block.keepingIf(
        other instanceof DiagonalBlock || other instanceof IdentityBlock,
        () ->
            new DiagonalBlock(
                diagonal.mul(new Scalar(a)).add(other.diagonal(), new Scalar(b))));
  }

  @Override
  public Optional<Block> multiply(Block other) {
    return Block.keepingIf(
        other instanceof DiagonalBlock || other instanceof IdentityBlock,
        () -> new DiagonalBlock(diagonal.mul(other.diagonal())));
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(() -> new DiagonalBlock(diagonal.mul(new Scalar(factor))));
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> torch.diag(diagonal));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("diagonal", diagonal);
  }
}
