package io.nngeometry.cli;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A network that a command was given.
 *
 * @param name as the command line names it
 * @param description what it is, in a phrase
 * @param model the network, in evaluation mode
 * @param layers the parameters to look at
 * @param dtype type of its parameters, and of the data that it takes
 * @param oneExample zeros of the shapes and types that it takes
 * @param uncovered operators whose parameters no rule covers, with their names
 * @param architecture what it takes to build it again, of a network given by name
 */
record Network(
    String name,
    String description,
    Model model,
    LayerCollection layers,
    FloatType dtype,
    Supplier<List<Tensor>> oneExample,
    List<String> uncovered,
    Optional<Architecture> architecture) {

  /** Which axis of the outputs the classes are. */
  int classAxis() {
    return architecture.map(a -> a.kind().classAxis()).orElse(1);
  }

  /** The same with other parameters to look at. */
  Network with(LayerCollection some) {
    return new Network(name, description, model, some, dtype, oneExample, uncovered, architecture);
  }
}
