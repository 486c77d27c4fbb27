package io.nngeometry.models.data;

/**
 * Data to train on, and data held out to test with. It owns both.
 *
 * @param train the larger part
 * @param test the part that training never sees
 */
public record TrainTest(LabelledImages train, LabelledImages test) implements AutoCloseable {
  @Override
  public void close() {
    train.close();
    test.close();
  }
}
