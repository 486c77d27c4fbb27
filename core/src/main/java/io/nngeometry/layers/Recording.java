package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * A pass that records every use of the layers of a collection. Parameters are constants in it: the
 * graph reaches from the outputs back to the layers' outputs and no further, so a backward through
 * it costs no weight gradient. What it records lives as long as the scope in which it began.
 */
public final class Recording extends ForwardPass {
  private final LayerCollection collection;
  private final boolean fallback;
  private final List<LayerUse> uses = new ArrayList<>();
  private final List<Tensor> nodes = new ArrayList<>();
  private final Map<Parameter, Tensor> leaves = new IdentityHashMap<>();
  private final Set<String> uncovered = new HashSet<>();
  private final Scope.Owner lifetime = Scope.owner();
  private int depth;

  private Recording(LayerCollection collection, boolean fallback) {
    this.collection = collection;
    this.fallback = fallback;
  }

  /**
   * Begins a recorded pass on this thread.
   *
   * @param collection the layers to record; others run as constants
   * @param fallback true for a minibatch of one example: then a parameter read outside any layer is
   *     its own per-example copy, and no use of it is refused
   */
  public static Recording begin(LayerCollection collection, boolean fallback) {
    Recording pass = new Recording(collection, fallback);
    pass.begin();
    return pass;
  }

  @Override
  protected Tensor value(Parameter parameter) {
    if (depth > 0 || !collection.contains(parameter)) {
      return parameter.tensor().detach();
    }
    if (!fallback) {
      throw new UncoveredParameterException(List.of(collection.nameOf(parameter)));
    }
    return leaves.computeIfAbsent(parameter, this::leaf);
  }

  private Tensor leaf(Parameter parameter) {
    long[] shape = parameter.shape();
    long[] batch = new long[shape.length + 1];
    batch[0] = 1;
    System.arraycopy(shape, 0, batch, 1, shape.length);
    Tensor perExample = lifetime.adopt(parameter.tensor().detach().view(batch).requires_grad_());
    uses.add(new LayerUse(parameter, perExample, perExample));
    return lifetime.adopt(perExample.select(0, 0));
  }

  @Override
  public Tensor apply(ParametricLayer layer, Tensor input, UnaryOperator<Tensor> computation) {
    depth++;
    try {
      Tensor output = computation.apply(input);
      if (!collection.touches(layer)) {
        return output;
      }
      if (!output.requires_grad()) {
        // a view, since nothing tells where in a graph a leaf is
        Tensor leaf = output.detach().requires_grad_();
        output = leaf.view_as(leaf);
      }
      if (input.requires_grad()) {
        nodes.add(lifetime.adopt(new Tensor(input)));
      }
      uses.add(new LayerUse(layer, lifetime.adopt(input.detach()), lifetime.adopt(output)));
      return output;
    } finally {
      depth--;
    }
  }

  /** The uses so far, in order. */
  public List<LayerUse> uses() {
    return List.copyOf(uses);
  }

  /**
   * The inputs so far that are nodes of the graph, in order: backward can be asked to stop there.
   */
  public List<Tensor> nodes() {
    return List.copyOf(nodes);
  }

  /**
   * Fails if a recorded tensor was overwritten, which would silently falsify every gradient.
   *
   * @throws RecordingException naming the layer
   */
  public void checkUnmodified() {
    for (LayerUse use : uses) {
      if (use.modified()) {
        throw new RecordingException(
            "the input or output of layer %s was overwritten in place: use the out-of-place form of the"
                    .formatted(collection.idOf(use.layer()))
                + " operation (relu instead of relu_, add instead of add_)");
      }
    }
  }
}
