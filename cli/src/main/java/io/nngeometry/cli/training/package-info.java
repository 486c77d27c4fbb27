/** Training a network from the command line. */
@NullMarked
package io.nngeometry.cli.training;

import org.jspecify.annotations.NullMarked;
