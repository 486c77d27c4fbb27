package io.nngeometry.audit;

import io.nngeometry.linalg.Estimate;
import io.nngeometry.operators.Damping;
import java.util.Map;
import java.util.Optional;

/**
 * How far an approximation F' is from F. Means over the vectors, with the standard errors of the
 * means; {@code products} are those of F, which all numbers and all approximations share.
 *
 * @param representation of F'
 * @param frobeniusError ||F - F'||_F / ||F||_F; empty for vectors of the user's, which do not tell
 * @param traceError |tr F' - tr F| / tr F, of the exact traces
 * @param productError |F' v - F v| / |F v|
 * @param productCosine cosine of F v and F' v
 * @param formError |v^T F' v - v^T F v| / v^T F v
 * @param solveCosines cosine of v and (F' + lambda)^-1 (F + lambda) v by damping
 * @param unsolved why F' does not solve with a damping
 */
public record Report(
    String representation,
    Optional<Estimate> frobeniusError,
    Estimate traceError,
    Estimate productError,
    Estimate productCosine,
    Estimate formError,
    Map<Damping, Estimate> solveCosines,
    Map<Damping, String> unsolved) {}
