/** What {@code nngeometry inspect} finds out. */
@NullMarked
package io.nngeometry.cli.inspect;

import org.jspecify.annotations.NullMarked;
