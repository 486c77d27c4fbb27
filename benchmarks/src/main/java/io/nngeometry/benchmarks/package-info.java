/** What each operation costs, in seconds and in multiples of one forward and backward. */
@NullMarked
package io.nngeometry.benchmarks;

import org.jspecify.annotations.NullMarked;
