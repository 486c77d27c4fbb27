/** JMH benchmarks, run by java -jar. */
@NullMarked
package io.nngeometry.benchmarks;

import org.jspecify.annotations.NullMarked;
