/**
 * From a model and examples to operators: output metrics, estimators, the recorded pass,
 * accumulators, and the matrices they fill.
 */
@NullMarked
package io.nngeometry.fisher;

import org.jspecify.annotations.NullMarked;
