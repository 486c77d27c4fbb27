/** Safetensors, npy, exported programs and state_dict files; saving and loading operators. */
@NullMarked
package io.nngeometry.io;

import org.jspecify.annotations.NullMarked;
