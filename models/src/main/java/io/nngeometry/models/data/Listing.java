package io.nngeometry.models.data;

import java.io.IOException;
import java.util.Optional;

/** What a source has: how many examples, before the large part of them is read. */
interface Listing extends AutoCloseable {
  /** How many there are. */
  int size();

  /** Their labels, where each has one. */
  Optional<long[]> labels();

  /** Reads the examples with these indices, in this order. */
  Dataset read(int[] indices, Selection how) throws IOException;

  @Override
  void close();

  /** A source that is read as a whole. */
  record Whole(Dataset all) implements Listing {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Optional<long[]> labels() {
      return all.labels();
    }

    @Override
    public Dataset read(int[] indices, Selection how) {
      try (Dataset some = isStart(indices) ? all.take(indices.length) : all.select(indices)) {
        return some.framed(how.framing());
      }
    }

    private static boolean isStart(int[] indices) {
      for (int k = 0; k < indices.length; k++) {
        if (indices[k] != k) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void close() {
      all.close();
    }
  }
}
