/** Vectors of parameter space and of function space, and their algebra. */
@NullMarked
package io.nngeometry.vectors;

import org.jspecify.annotations.NullMarked;
