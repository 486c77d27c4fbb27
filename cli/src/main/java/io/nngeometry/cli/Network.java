package io.nngeometry.cli;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import java.util.Optional;

/**
 * A network that a command was given.
 *
 * @param name as the command line names it
 * @param model the network, in evaluation mode
 * @param layers the parameters to look at
 * @param dtype type of its parameters, and of the data that it takes
 * @param kind which one it is, if it was given by name
 */
record Network(
    String name, Model model, LayerCollection layers, FloatType dtype, Optional<NetworkKind> kind) {

  /** The same with other parameters to look at. */
  Network with(LayerCollection some) {
    return new Network(name, model, some, dtype, kind);
  }
}
