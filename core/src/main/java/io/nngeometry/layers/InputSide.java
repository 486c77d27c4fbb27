package io.nngeometry.layers;

/** Which side of its gradients' outer products the inputs of a linear map index. */
public enum InputSide {
  /** The columns of the weight: inputs are multiplied by it. */
  COLUMNS,
  /** The rows: inputs are one-hot and choose among them, as in an embedding. */
  ROWS,
  /** One in some uses and the other in others: an embedding whose table is also an output layer. */
  BOTH
}
