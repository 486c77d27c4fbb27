/**
 * The layers that users build models from. A model is ordinary Java: a class that registers layers
 * and calls them in {@code forward}. The layers tell the running pass what they saw; nothing is
 * hooked.
 */
@NullMarked
package io.nngeometry.nn;

import org.jspecify.annotations.NullMarked;
