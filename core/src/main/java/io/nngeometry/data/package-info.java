/** Streams of examples in minibatches. */
@NullMarked
package io.nngeometry.data;

import org.jspecify.annotations.NullMarked;
