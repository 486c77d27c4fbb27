/**
 * Training by first-order methods: enough to bring a model to where its geometry is interesting.
 * Options are values; what changes during training lives in the run that an option starts.
 */
@NullMarked
package io.nngeometry.train;

import org.jspecify.annotations.NullMarked;
