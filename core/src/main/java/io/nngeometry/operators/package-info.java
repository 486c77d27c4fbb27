/**
 * Symmetric matrices over parameter space behind one interface. A layerwise matrix is a map from
 * parts of parameter space to blocks; a dense matrix is one with a single part; a mixed one has
 * blocks of different kinds.
 */
@NullMarked
package io.nngeometry.operators;

import org.jspecify.annotations.NullMarked;
