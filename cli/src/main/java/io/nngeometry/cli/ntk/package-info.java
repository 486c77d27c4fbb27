/** Tangent kernels for people: numbers, figures, and how a kernel changes during training. */
@NullMarked
package io.nngeometry.cli.ntk;

import org.jspecify.annotations.NullMarked;
