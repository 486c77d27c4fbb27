/** Data sets: labelled images, embedded or read from the files of well-known collections. */
@NullMarked
package io.nngeometry.models.data;

import org.jspecify.annotations.NullMarked;
