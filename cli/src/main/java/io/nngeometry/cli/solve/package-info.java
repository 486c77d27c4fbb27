/** What {@code nngeometry solve} finds, and the forms it takes. */
@NullMarked
package io.nngeometry.cli.solve;

import org.jspecify.annotations.NullMarked;
