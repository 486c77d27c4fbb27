/** What {@code nngeometry spectrum} finds, and the forms it takes. */
@NullMarked
package io.nngeometry.cli.spectrum;

import org.jspecify.annotations.NullMarked;
