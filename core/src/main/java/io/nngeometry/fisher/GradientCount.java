package io.nngeometry.fisher;

/**
 * How many gradients a matrix is made of.
 *
 * @param examples n
 * @param cotangents of every example
 * @param centred whether their means are taken off
 */
record GradientCount(long examples, int cotangents, boolean centred) {}
