package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * Parameters used bare: each example gets a copy of its own, so that a copy's gradient is the
 * example's.
 *
 * @param layer whose use it is
 * @param value what is copied
 * @param copier how
 * @param chosen whether the copies show some elements of a parameter, which the layer is then told
 *     as its input
 * @param axis where the examples run in the result
 * @param out slot of the result
 */
record Copies(
    ParametricLayer layer, Derived value, Copier copier, boolean chosen, BatchAxis axis, int out)
    implements Step {

  /** Makes a copy an example, (n, ...), of a value. */
  @FunctionalInterface
  interface Copier {
    Tensor perExample(Tensor value, long examples);

    /** A call of the program has copied it along {@code axis}. */
    static Copier copied(BatchAxis axis) {
      return axis::toFront;
    }

    /** Copies for an elementwise use of {@code rank} axes, where examples run along one. */
    static Copier aligned(int rank, int axis) {
      return (value, examples) -> {
        long[] shape = Tensors.shape(value);
        long[] copies = new long[rank];
        Arrays.fill(copies, 1);
        System.arraycopy(shape, 0, copies, rank - shape.length, shape.length);
        Tensor t = value.reshape(copies);
        copies[axis] = examples;
        return t.expand(copies).movedim(axis, 0);
      };
    }
  }

  @Override
  public void run(Frame frame) {
    Tensor input =
        chosen
            ? copier.perExample(DerivedRule.elements(value, frame), frame.examples()).flatten(1, -1)
            : frame.anyInput();
    Tensor copies =
        ForwardPass.current()
            .apply(layer, input, x -> copier.perExample(value.value(frame), frame.examples()));
    frame.put(out, axis.fromFront(copies));
  }

  /** The rule of copies whose elements are elements of {@code parameter}. */
  static LayerRule choice(Parameter parameter) {
    return (use, lifetime) -> {
      Tensor elements = lifetime.adopt(use.input().select(0, 0));
      return (p, g) ->
          Tensors.zeros(g, g.size(0), parameter.size()).index_add(1, elements, Tensors.flatten(g));
    };
  }

  /** The rule of whole copies. */
  static LayerRule whole() {
    return (use, lifetime) -> (p, g) -> Tensors.flatten(g);
  }
}
