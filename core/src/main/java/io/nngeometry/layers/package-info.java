/**
 * What a layer is to the geometry: its parameters, the record of what it saw in a forward pass, and
 * the rule that turns (input, output gradient) into per-example gradients. Three families of rules
 * cover every layer: linear maps with shared weights, elementwise affine maps, reparametrised
 * weights.
 */
@NullMarked
package io.nngeometry.layers;

import org.jspecify.annotations.NullMarked;
