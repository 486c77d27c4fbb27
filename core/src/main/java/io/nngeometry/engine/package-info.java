/**
 * The one place that knows libtorch's quirks: threads, allocator, native scopes, forward mode,
 * crash work-arounds. Every other package speaks tensors and never native details.
 */
@NullMarked
package io.nngeometry.engine;

import org.jspecify.annotations.NullMarked;
