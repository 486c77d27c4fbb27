package io.nngeometry.cli.compare;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * One number of the experiment.
 *
 * @param series what was measured: a representation, or one with another damping
 * @param quantity which number it is
 * @param lambda the damping, of solves alone
 * @param draw which draw of the labels, from zero
 * @param vector which vector of the draw, from zero; none for the trace
 * @param value the number
 */
public record Measurement(
    String series,
    Quantity quantity,
    OptionalDouble lambda,
    int draw,
    OptionalInt vector,
    double value) {}
