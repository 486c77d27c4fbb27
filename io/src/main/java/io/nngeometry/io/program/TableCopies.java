package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.ParametricLayer;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows of a table that are the same for all examples, such as the embeddings of positions: a lookup
 * layer that is given these indices by every example.
 *
 * @param layer the lookup
 * @param form its computation
 * @param table the table
 * @param rows the rows as the program makes them, in some shape
 * @param indices slot of the indices
 * @param copier how the rows are copied for every example
 * @param axis where the examples run in the result
 * @param out slot of the result
 */
record TableCopies(
    ParametricLayer layer,
    Form form,
    Derived table,
    Derived rows,
    int indices,
    Copies.Copier copier,
    BatchAxis axis,
    int out)
    implements Step {
  @Override
  public void run(Frame frame) {
    long n = frame.examples();
    Tensor index = frame.tensor(indices).reshape(1, -1);
    Tensor input = index.expand(n, index.size(1));
    Tensor found =
        ForwardPass.current().apply(layer, input, t -> form.compute(t, table.value(frame), null));
    Tensor shaped = copier.perExample(rows.value(frame, p -> p.tensor().detach()), n);
    long[] shape = Tensors.shape(shaped);
    frame.put(out, axis.fromFront(Objects.requireNonNull(found).reshape(shape)));
  }
}
