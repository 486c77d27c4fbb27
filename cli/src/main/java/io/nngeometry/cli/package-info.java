/** The nngeometry command. */
@NullMarked
package io.nngeometry.cli;

import org.jspecify.annotations.NullMarked;
