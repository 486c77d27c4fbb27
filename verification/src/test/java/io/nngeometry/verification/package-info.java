/** Golden files, and the contract that every representation of a matrix keeps. */
@NullMarked
package io.nngeometry.verification;

import org.jspecify.annotations.NullMarked;
