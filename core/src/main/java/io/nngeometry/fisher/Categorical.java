package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Softmax likelihood: H = diag(p) - p p^T at every position. */
record Categorical(int classAxis) implements Metric {

  private long axis(Tensor outputs) {
    long rank = outputs.dim();
    long axis = classAxis < 0 ? classAxis + rank : classAxis;
    if (axis < 1 || axis >= rank) {
      throw new IllegalArgumentException(
          "a categorical metric needs classes on axis %d, but the outputs have shape %s"
              .formatted(classAxis, Arrays.toString(Tensors.shape(outputs))));
    }
    if (outputs.size(axis) < 2) {
      throw new IllegalArgumentException(
          "a categorical metric needs at least two classes; for one logit use Metric.bernoulli()");
    }
    return axis;
  }

  /** (n, classes, positions). */
  private Tensor byPosition(Tensor outputs) {
    Tensor moved = outputs.movedim(axis(outputs), 1);
    return moved.reshape(moved.size(0), moved.size(1), -1);
  }

  private Tensor inShape(Tensor byPosition, Tensor outputs) {
    long axis = axis(outputs);
    long[] moved = Tensors.shape(outputs.movedim(axis, 1));
    return byPosition.reshape(moved).movedim(1, axis);
  }

  @Override
  public Tensor hessianProduct(Tensor outputs, Tensor u) {
    long axis = axis(outputs);
    Tensor p = torch.softmax(outputs, axis);
    Tensor pu = p.mul(u);
    return pu.sub(p.mul(Tensors.sum(pu, true, axis)));
  }

  /**
   * The exact Cholesky factor of diag(p) - p p^T (Tanabe and Sagae 1992, theorem 1), class by
   * class: with q_j the mass of the classes after j, column j is sqrt(p_j q_j / q_{j-1}) at j and
   * -p_i sqrt(p_j / (q_{j-1} q_j)) below. It has one column less than classes, for every position.
   */
  @Override
  public SquareRoot squareRoot(Tensor outputs) {
    Tensor p = torch.softmax(byPosition(outputs), 1);
    long classes = p.size(1);
    long positions = p.size(2);
    Tensor tail = p.flip(1).cumsum(1).flip(1); // q_{j-1}: class j and all after it
    Tensor mass = p.narrow(1, 0, classes - 1);
    Tensor from = tail.narrow(1, 0, classes - 1);
    Tensor after = tail.narrow(1, 1, classes - 1);
    Tensor diagonal = Scope.keeping(() -> safe(mass.mul(after).div(from)).sqrt());
    Tensor below = Scope.keeping(() -> safe(mass.div(from.mul(after))).sqrt().neg());
    return new SquareRoot() {
      @Override
      public int columns() {
        return Math.toIntExact((classes - 1) * positions);
      }

      @Override
      public Tensor column(int k) {
        long j = k / positions;
        long t = k % positions;
        Tensor column = torch.zeros_like(p);
        Tensor mine = column.select(2, t);
        mine.select(1, j).copy_(diagonal.select(2, t).select(1, j));
        long rest = classes - j - 1;
        Tensor others = p.select(2, t).narrow(1, j + 1, rest);
        mine.narrow(1, j + 1, rest).copy_(others.mul(below.select(2, t).narrow(1, j, 1)));
        return inShape(column, outputs);
      }
    };
  }

  // where a tail has no mass left the column is zero, not 0/0
  private static Tensor safe(Tensor t) {
    return t.nan_to_num(
        new org.bytedeco.pytorch.DoubleOptional(0),
        new org.bytedeco.pytorch.DoubleOptional(0),
        new org.bytedeco.pytorch.DoubleOptional(0));
  }

  @Override
  public Tensor score(Tensor outputs, Tensor labels) {
    long axis = axis(outputs);
    Tensor y = checked(outputs, labels);
    Tensor minus = torch.softmax(outputs, axis).neg();
    Tensor ones = torch.ones(Tensors.shape(y.unsqueeze(axis)), Tensors.options(outputs));
    return minus.scatter_add(axis, y.unsqueeze(axis), ones);
  }

  private Tensor checked(Tensor outputs, Tensor labels) {
    long axis = axis(outputs);
    if (labels.is_floating_point() || Tensors.type(labels) == ScalarType.Bool) {
      throw new IllegalArgumentException(
          "class labels must be whole numbers, got " + labels.dtype());
    }
    long[] expected = Tensors.shape(outputs.select(axis, 0));
    if (!Arrays.equals(expected, Tensors.shape(labels))) {
      throw new IllegalArgumentException(
          "labels of shape %s do not fit outputs of shape %s: they must have shape %s"
              .formatted(
                  Arrays.toString(Tensors.shape(labels)),
                  Arrays.toString(Tensors.shape(outputs)),
                  Arrays.toString(expected)));
    }
    long classes = outputs.size(axis);
    Tensor y = labels.to(ScalarType.Long);
    long low = y.min().item_long();
    long high = y.max().item_long();
    if (low < 0 || high >= classes) {
      throw new IllegalArgumentException(
          "a label is %d, but the model has classes 0 to %d"
              .formatted(low < 0 ? low : high, classes - 1));
    }
    return y;
  }

  @Override
  public Tensor sample(Tensor outputs, Draws draws) {
    Tensor p = torch.softmax(byPosition(outputs).detach(), 1);
    long n = p.size(0);
    long positions = p.size(2);
    Tensor u =
        Tensors.of(draws.uniform(n, positions), n, 1, positions).to(p.device(), Tensors.type(p));
    // the class is how many cumulated probabilities the number exceeds
    Tensor y = p.cumsum(1).le(u).sum(1).clamp_max(new Scalar(p.size(1) - 1)).to(ScalarType.Long);
    return y.reshape(Tensors.shape(outputs.select(axis(outputs), 0)));
  }
}
