package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A kernel with all its elements. Factorisations are computed once and kept until closed. */
public final class FMatDense implements FMat {
  private final Tensor elements;
  private @Nullable DenseBlock block;

  private FMatDense(Tensor elements) {
    long[] s = Tensors.shape(elements);
    if (s.length != 4 || s[0] != s[2] || s[1] != s[3] || elements.numel() == 0) {
      throw new IllegalArgumentException(
          "a kernel needs shape (c, n, c, n), got " + Arrays.toString(s));
    }
    if (!elements.is_floating_point()) {
      throw new IllegalArgumentException("a kernel needs a floating type, got " + elements.dtype());
    }
    this.elements = elements;
  }

  /** Takes over symmetric {@code elements}, (c, n, c, n). */
  public static FMatDense of(Tensor elements) {
    return new FMatDense(elements);
  }

  /** J J^T of a stored Jacobian. */
  public static FMatDense of(PFMap jacobian) {
    return of(
        Scope.keeping(
            () -> {
              Tensor rows = jacobian.tensor().flatten(0, 1);
              long c = jacobian.outputs();
              long n = jacobian.examples();
              return rows.matmul(rows.t()).view(c, n, c, n);
            }));
  }

  /** The elements (c, n, c, n); not a copy. */
  public Tensor tensor() {
    if (elements.isNull()) {
      throw new IllegalStateException("this kernel has been closed, or its scope has");
    }
    return elements;
  }

  /** The elements as a matrix, (c n, c n); not a copy. */
  public Tensor matrix() {
    return tensor().reshape(size(), size());
  }

  @Override
  public long outputs() {
    return tensor().size(0);
  }

  @Override
  public long examples() {
    return tensor().size(1);
  }

  @Override
  public String representation() {
    return "dense kernel";
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> block().apply(rows));
  }

  /** The same elements as a block, which keeps factorisations; fails if closed. */
  private synchronized DenseBlock block() {
    Tensor open = tensor();
    if (block == null) {
      try (Scope scope = Scope.open()) {
        block = new DenseBlock(Scope.detach(open.detach().reshape(size(), size())));
      }
    }
    return block;
  }

  @Override
  public FVector diagonal() {
    return FVector.of(Scope.keeping(() -> block().diagonal().view(outputs(), examples())));
  }

  @Override
  public double frobeniusNorm() {
    return block().frobeniusNorm();
  }

  @Override
  public double spectralNorm() {
    return block().spectralNorm();
  }

  @Override
  public double smallestEigenvalue() {
    return block().smallestEigenvalue();
  }

  @Override
  public Tensor eigenvalues() {
    return block().eigenvalues();
  }

  @Override
  public TopEigen topEigen(long k) {
    return block().topEigen(k);
  }

  @Override
  public double logDeterminant(double lambda) {
    return block().logDeterminant(lambda);
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return block().solve(rows, lambda);
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    return block().solveTruncated(rows, cutoff);
  }

  /** (K + lambda I)^-1, (c n, c n). */
  public Tensor inverse(double lambda) {
    return Scope.keeping(() -> block().inverse(lambda).toDense());
  }

  /**
   * f(K) u: {@code f} is applied to the eigenvalues, ascending, all at once.
   *
   * <pre>{@code
   * FVector decayed = k.function(s -> s.mul(Tensors.scalar(-t)).exp(), residual); // e^{-K t} r
   * }</pre>
   */
  public FVector function(UnaryOperator<Tensor> f, FVector u) {
    return FVector.of(
        Scope.keeping(
            () -> {
              Eigenform form = block().eigenform().orElseThrow();
              return form.apply(u.tensor().reshape(1, -1), f.apply(form.values()), 0)
                  .view(outputs(), examples());
            }));
  }

  @Override
  public FMatDense times(double factor) {
    return of(Scope.keeping(() -> tensor().mul(new Scalar(factor))));
  }

  @Override
  public FMatDense linearCombination(double a, FMat other, double b) {
    checkSameSpace(other);
    return of(Scope.keeping(() -> tensor().mul(new Scalar(a)).add(other.toDense(), new Scalar(b))));
  }

  /**
   * The kernel of the sum over outputs of their own kernels, sum over k of K[k,:,k,:], one n x n.
   */
  public FMatDense overOutputs() {
    return of(
        Scope.keeping(
            () -> tensor().diagonal(0, 0, 2).sum(-1).unsqueeze(0).unsqueeze(2).contiguous()));
  }

  /** Per output, the mean over examples of the gradients taken off. */
  public FMatDense centred() {
    return of(
        Scope.keeping(
            () -> {
              Tensor k = tensor().sub(mean(tensor(), 1));
              return k.sub(mean(k, 3));
            }));
  }

  private static Tensor mean(Tensor t, long axis) {
    return Tensors.sum(t, true, axis).div(Tensors.scalar((double) t.size(axis)));
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> tensor().clone());
  }

  @Override
  public FMatDense dense() {
    return of(toDense());
  }

  @Override
  public synchronized void dropDecompositions() {
    if (block != null) {
      block.close();
      block = null;
    }
  }

  @Override
  public void close() {
    elements.close();
    dropDecompositions();
  }

  @Override
  public String toString() {
    return elements.isNull()
        ? "dense kernel (closed)"
        : "dense kernel of %d outputs on %d examples".formatted(outputs(), examples());
  }
}
