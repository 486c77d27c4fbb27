/** Reference networks and data sets. */
@NullMarked
package io.nngeometry.models;

import org.jspecify.annotations.NullMarked;
