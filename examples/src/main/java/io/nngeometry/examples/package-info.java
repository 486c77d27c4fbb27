/** Small programs that the build compiles and runs. */
@NullMarked
package io.nngeometry.examples;

import org.jspecify.annotations.NullMarked;
