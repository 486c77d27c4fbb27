/** Linear algebra written once against an operator that can only be applied. */
@NullMarked
package io.nngeometry.linalg;

import org.jspecify.annotations.NullMarked;
