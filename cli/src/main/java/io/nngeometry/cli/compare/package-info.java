/** The experiment behind {@code nngeometry compare}, and the forms its results take. */
@NullMarked
package io.nngeometry.cli.compare;

import org.jspecify.annotations.NullMarked;
