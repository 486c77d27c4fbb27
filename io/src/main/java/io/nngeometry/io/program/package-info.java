/**
 * Programs exported by PyTorch, as models: the archive is read into an immutable description of the
 * graph, whose nodes are then bound to libtorch's operators and, where they have parameters, to the
 * rules of the geometry.
 */
@NullMarked
package io.nngeometry.io.program;

import org.jspecify.annotations.NullMarked;
