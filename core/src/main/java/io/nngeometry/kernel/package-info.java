/**
 * What is done with kernels: principal components, alignment, ridge regression, and the training of
 * the linearised network in closed form.
 */
@NullMarked
package io.nngeometry.kernel;

import org.jspecify.annotations.NullMarked;
