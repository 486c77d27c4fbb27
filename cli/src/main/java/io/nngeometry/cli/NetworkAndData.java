package io.nngeometry.cli;

import io.nngeometry.models.data.Dataset;
import java.io.IOException;

/**
 * A network and the data that it is looked at on, of one type.
 *
 * @param network as options name it; one that is built by name is built for the data
 * @param dataset the examples
 */
record NetworkAndData(Network network, Dataset dataset) implements AutoCloseable {

  /** Loads both. */
  static NetworkAndData of(ModelOptions model, DataOptions data) throws IOException {
    // the numbers are those of the file until a minibatch is read: the type can still be chosen
    try (Dataset read = data.load(FloatType.FLOAT64)) {
      Network network = model.load(data.seed(), read.shape());
      return new NetworkAndData(network, read.as(network.dtype().type()));
    }
  }

  @Override
  public void close() {
    dataset.close();
  }
}
