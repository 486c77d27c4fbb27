package io.nngeometry.io.program;

/** What runs for a node of the graph. */
@FunctionalInterface
interface Step {
  /** Reads values of {@code frame} and adds its own. */
  void run(Frame frame);
}
