package io.nngeometry.nn;

import io.nngeometry.engine.Scope;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Modules applied one after the other. What a part computes on its way lives no longer than the
 * part runs, and what it gives no longer than the next one, unless a graph or a pass needs it.
 */
public final class Sequential extends Module {
  private final List<Module> parts;

  /** Parts named "0", "1", … */
  public Sequential(Module... parts) {
    this.parts = List.of(parts);
    for (int k = 0; k < parts.length; k++) {
      register(Integer.toString(k), parts[k]);
    }
  }

  private Sequential(Map<String, Module> named) {
    this.parts = List.copyOf(named.values());
    named.forEach(this::register);
  }

  /** Parts with names, in the map's order: a {@code LinkedHashMap} keeps it. */
  public static Sequential named(Map<String, Module> parts) {
    return new Sequential(parts);
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = x;
    for (Module part : parts) {
      Tensor next = applied(part, h);
      if (h != x) {
        h.close();
      }
      h = next;
    }
    return h;
  }

  /** What the part gives, by a handle of its own, which nobody else can close or has to. */
  private static Tensor applied(Module part, Tensor x) {
    return Scope.keeping(() -> new Tensor(part.forward(x)));
  }

  /** The parts in order. */
  public List<Module> parts() {
    return parts;
  }
}
