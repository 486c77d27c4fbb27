package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.RectangularOperator;
import io.nngeometry.vectors.FVector;
import java.util.Arrays;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The kernel between two sets of examples, such as test and training examples, (c n) x (c' n'):
 * K[k,i,k',i'] = &lt;J[k,i], J'[k',i']&gt;. Not square, so it has products and elements, and no
 * spectrum.
 */
public interface CrossFMat extends RectangularOperator, AutoCloseable {
  /** Number of outputs of its images, c. */
  long outputs();

  /** Number of examples of its images, n. */
  long examples();

  /** Number of outputs of its vectors, c'. */
  long otherOutputs();

  /** Number of examples of its vectors, n'. */
  long otherExamples();

  @Override
  default long rows() {
    return outputs() * examples();
  }

  @Override
  default long columns() {
    return otherOutputs() * otherExamples();
  }

  /** K u: functions (c', n') on the second set to functions (c, n) on the first. */
  default FVector mv(FVector u) {
    if (u.outputs() != otherOutputs() || u.examples() != otherExamples()) {
      throw new IllegalArgumentException(
          "a function vector of shape %s does not fit a kernel against %d outputs on %d examples"
              .formatted(
                  Arrays.toString(Tensors.shape(u.tensor())), otherOutputs(), otherExamples()));
    }
    return FVector.of(
        Scope.keeping(() -> apply(u.tensor().reshape(1, -1)).reshape(outputs(), examples())));
  }

  /** All elements, (c, n, c', n'). */
  Tensor toDense();

  @Override
  void close();

  /** Takes over {@code elements}, (c, n, c', n'). */
  static CrossFMat of(Tensor elements) {
    if (elements.dim() != 4 || !elements.is_floating_point()) {
      throw new IllegalArgumentException(
          "a kernel between two sets needs shape (c, n, c', n') and a floating type, got %s of %s"
              .formatted(Arrays.toString(Tensors.shape(elements)), elements.dtype()));
    }
    return new Stored(elements);
  }

  /**
   * J J'^T, of which nothing is stored.
   *
   * @param elements computes all elements
   */
  static CrossFMat of(JacobianOperator first, JacobianOperator second, Supplier<Tensor> elements) {
    return new Implicit(first, second, elements);
  }

  /**
   * With its elements.
   *
   * @param elements (c, n, c', n')
   */
  record Stored(Tensor elements) implements CrossFMat {
    @Override
    public long outputs() {
      return elements.size(0);
    }

    @Override
    public long examples() {
      return elements.size(1);
    }

    @Override
    public long otherOutputs() {
      return elements.size(2);
    }

    @Override
    public long otherExamples() {
      return elements.size(3);
    }

    @Override
    public Tensor apply(Tensor vectors) {
      return Scope.keeping(() -> vectors.matmul(elements.reshape(rows(), columns()).t()));
    }

    @Override
    public Tensor applyTransposed(Tensor vectors) {
      return Scope.keeping(() -> vectors.matmul(elements.reshape(rows(), columns())));
    }

    @Override
    public Tensor toDense() {
      return Scope.keeping(elements::clone);
    }

    @Override
    public void close() {
      elements.close();
    }
  }

  /**
   * By pulling back on one set and pushing forward on the other.
   *
   * @param first the Jacobian of its images
   * @param second the Jacobian of its vectors
   * @param all computes all elements
   */
  record Implicit(JacobianOperator first, JacobianOperator second, Supplier<Tensor> all)
      implements CrossFMat {
    @Override
    public long outputs() {
      return first.outputs();
    }

    @Override
    public long examples() {
      return first.examples();
    }

    @Override
    public long otherOutputs() {
      return second.outputs();
    }

    @Override
    public long otherExamples() {
      return second.examples();
    }

    @Override
    public Tensor apply(Tensor vectors) {
      return Scope.keeping(() -> through(second, first, vectors));
    }

    @Override
    public Tensor applyTransposed(Tensor vectors) {
      return Scope.keeping(() -> through(first, second, vectors));
    }

    private static Tensor through(JacobianOperator from, JacobianOperator to, Tensor vectors) {
      Tensor functions = vectors.reshape(vectors.size(0), from.outputs(), from.examples());
      return to.push().apply(from.pull().apply(functions)).flatten(1, 2);
    }

    @Override
    public Tensor toDense() {
      return all.get();
    }

    @Override
    public void close() {
      // holds nothing of its own
    }
  }
}
