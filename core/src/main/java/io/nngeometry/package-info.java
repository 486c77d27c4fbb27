/** The mathematics: layers, metrics, operators and linear algebra on libtorch. */
@NullMarked
package io.nngeometry;

import org.jspecify.annotations.NullMarked;
