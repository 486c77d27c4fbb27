package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A layer that runs over positions folded into the examples' axis, as a convolution over the frames
 * of films. It computes all at once, and is used once a position.
 *
 * @param layer the layer
 * @param computation what it computes, for any number of rows
 * @param axis how the first axis is folded
 * @param in slot of its input
 * @param out slot of its output
 */
record FoldedUse(ParametricLayer layer, Computation computation, BatchAxis axis, int in, int out)
    implements Step {

  /** The layer's computation. */
  interface Computation {
    Tensor apply(Tensor x, Frame frame);
  }

  @Override
  public void run(Frame frame) {
    Tensor x = frame.tensor(in);
    Tensor inputs = byPosition(x, frame.examples());
    @Nullable Tensor[] whole = {null};
    List<Tensor> outputs = new ArrayList<>();
    for (long p = 0; p < inputs.size(1); p++) {
      long position = p;
      outputs.add(
          ForwardPass.current()
              .apply(
                  layer,
                  inputs.select(1, p),
                  unused -> {
                    Tensor all = whole[0];
                    if (all == null) {
                      all = byPosition(computation.apply(x, frame), frame.examples());
                      whole[0] = all;
                    }
                    return all.select(1, position);
                  }));
    }
    Tensor y = Tensors.stack(outputs, 1);
    long slow = axis.inner() == 1 ? y.size(1) : axis.outer();
    frame.put(out, axis.fromFront(y.unflatten(1, slow, y.size(1) / slow)));
  }

  /** To (n, positions, ...). */
  private Tensor byPosition(Tensor t, long examples) {
    return axis.toFront(t, examples).flatten(1, 2);
  }
}
