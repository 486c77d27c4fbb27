package io.nngeometry.layers;

import org.bytedeco.pytorch.Tensor;

/**
 * The derivatives of r outputs on n examples in one layer's p parameters, (r, n, p), held in the
 * form that makes inner products cheap. It outlives the minibatch and must be closed.
 */
public abstract sealed class LayerJacobian implements AutoCloseable
    permits RowJacobian, FactorJacobian {
  /**
   * What is held. Costs are multiplications for one pair of outputs on one pair of examples, with
   * what depends on fewer of them shared out (the cost model of Novak, Sohl-Dickstein and
   * Schoenholz 2022, arXiv 2206.08720).
   */
  public enum Form {
    /** The gradients themselves: p for a pair, and S p for each gradient to be formed. */
    ROWS {
      @Override
      double flops(LayerSizes sizes, long outputs, long examples) {
        double p = sizes.layer().size();
        return p + (sizes.outer() ? sizes.positions() * p / ((double) outputs * examples) : 0);
      }

      @Override
      public double numbers(LayerSizes sizes, long outputs) {
        return (double) outputs * sizes.layer().size();
      }

      @Override
      LayerJacobian make(LayerInputs inputs, int outputs) {
        return new RowJacobian(inputs.layer().size(), outputs);
      }
    },
    /**
     * Inputs and signals at all positions: inner products of inputs are shared by all pairs of
     * outputs, and their products with signals by all outputs of the other example.
     */
    FACTORS {
      @Override
      double flops(LayerSizes sizes, long outputs, long examples) {
        if (!sizes.outer() || sizes.layer().inputs() == InputSide.BOTH) {
          return Double.POSITIVE_INFINITY;
        }
        double s = sizes.positions();
        double in = input(sizes) / s;
        double signal = signal(sizes) / s;
        return s == 1
            ? in / ((double) outputs * outputs) + signal
            : s * s * (in / outputs + signal) / outputs + s * signal;
      }

      @Override
      public double numbers(LayerSizes sizes, long outputs) {
        return input(sizes) + outputs * signal(sizes);
      }

      @Override
      LayerJacobian make(LayerInputs inputs, int outputs) {
        return new FactorJacobian(
            inputs.layer().inputs() == InputSide.ROWS
                ? new FactorJacobian.Hot(inputs.hot())
                : new FactorJacobian.Dense(inputs.inputFactor()),
            outputs);
      }

      private double input(LayerSizes sizes) {
        return sizes.layer().inputs() == InputSide.ROWS ? sizes.positions() : sizes.factor();
      }

      private double signal(LayerSizes sizes) {
        MatrixLayout m = sizes.matrix();
        long features = sizes.layer().inputs() == InputSide.ROWS ? m.width() : m.rows();
        return (double) sizes.positions() * m.groups() * features;
      }
    };

    abstract double flops(LayerSizes sizes, long outputs, long examples);

    /** Numbers that one example takes. */
    public abstract double numbers(LayerSizes sizes, long outputs);

    abstract LayerJacobian make(LayerInputs inputs, int outputs);

    /**
     * The form that takes fewer multiplications.
     *
     * @param outputs r
     * @param examples how many it will meet
     */
    public static Form cheaper(LayerSizes sizes, long outputs, long examples) {
      return FACTORS.flops(sizes, outputs, examples) <= ROWS.flops(sizes, outputs, examples)
          ? FACTORS
          : ROWS;
    }
  }

  /** An empty one, to be filled some outputs at a time. */
  public static LayerJacobian of(LayerInputs inputs, int outputs, Form form) {
    return form.make(inputs, outputs);
  }

  /** Takes in the gradients of outputs from {@code first} on. */
  public abstract void set(int first, StackedGradients gradients);

  /** Inner products with another one of the same layer and form: (r, n, r', n'). */
  public abstract Tensor gram(LayerJacobian other);

  /** Inner products with itself, (r, n, r, n): of a symmetric pair one may have been computed. */
  public abstract Tensor gram();

  @Override
  public abstract void close();
}
