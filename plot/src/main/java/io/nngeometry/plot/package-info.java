/** Figures and reports; knows numbers, not networks. */
@NullMarked
package io.nngeometry.plot;

import org.jspecify.annotations.NullMarked;
