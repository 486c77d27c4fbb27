package io.nngeometry.train;

import org.bytedeco.pytorch.Tensor;

/** Examples with targets that are read in any order. */
public interface TrainingSet {
  /** Number of examples, at least one. */
  long size();

  /**
   * The inputs of some examples, (k, ...); they end with the enclosing scope.
   *
   * @param indices int64, (k)
   */
  Tensor inputs(Tensor indices);

  /**
   * The targets of some examples, (k, ...); they end with the enclosing scope.
   *
   * @param indices int64, (k)
   */
  Tensor targets(Tensor indices);

  /**
   * Examples held in tensors.
   *
   * @param inputs (N, ...)
   * @param targets (N, ...)
   */
  static TrainingSet of(Tensor inputs, Tensor targets) {
    long examples = inputs.size(0);
    if (examples == 0 || targets.size(0) != examples) {
      throw new IllegalArgumentException(
          "%d inputs and %d targets".formatted(examples, targets.size(0)));
    }
    return new TrainingSet() {
      @Override
      public long size() {
        return examples;
      }

      @Override
      public Tensor inputs(Tensor indices) {
        return inputs.index_select(0, indices);
      }

      @Override
      public Tensor targets(Tensor indices) {
        return targets.index_select(0, indices);
      }
    };
  }
}
