package io.nngeometry.train;

/** The loss became infinite or not a number. The parameters are those before the step. */
public class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Names the step and says what can be done. */
  public DivergedException(double loss, int epoch, long batch, long step, double learningRate) {
    super(
        "the loss is %s at step %d (epoch %d, minibatch %d, learning rate %s): lower the learning rate,"
                .formatted(loss, step, epoch, batch, learningRate)
            + " warm it up, or look for NaN in the data");
  }
}
