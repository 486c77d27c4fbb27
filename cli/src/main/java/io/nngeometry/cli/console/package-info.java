/** What a command shows on a terminal. */
@NullMarked
package io.nngeometry.cli.console;

import org.jspecify.annotations.NullMarked;
