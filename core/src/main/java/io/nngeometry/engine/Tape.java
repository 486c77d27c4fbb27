package io.nngeometry.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * What the linear maps of a forward pass gave, for passes that differ in nothing but their
 * tangents: those need not compute it again. It belongs to the scope in which it was made.
 */
public final class Tape {
  private final Scope.Owner lifetime = Scope.owner();
  private final List<Entry> entries = new ArrayList<>();
  private int next;

  private record Entry(Tensor value, long version) {
    /** Whether nobody has overwritten the value since. */
    boolean intact() {
      return value._version() == version;
    }
  }

  /** Goes back to the beginning of the pass. */
  void rewind() {
    next = 0;
  }

  /** The next value of the pass, which {@code map} computes if it has to. */
  Tensor next(Supplier<Tensor> map) {
    if (next == entries.size()) {
      Tensor value = lifetime.adopt(map.get());
      entries.add(new Entry(value, value._version()));
    }
    Entry entry = entries.get(next++);
    return entry.intact() ? entry.value() : map.get();
  }
}
