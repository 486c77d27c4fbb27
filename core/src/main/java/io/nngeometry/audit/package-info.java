/** How far approximations are from the matrix they stand for, with standard errors. */
@NullMarked
package io.nngeometry.audit;

import org.jspecify.annotations.NullMarked;
