package io.nngeometry.operators;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.vectors.PVector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;

/** What every part of a block-diagonal matrix contributes to the numbers of the whole. */
public final class PartNumbers {
  private final LayerCollection layers;
  private final List<Part> parts;

  PartNumbers(LayerCollection layers, List<Part> parts) {
    this.layers = layers;
    this.parts = parts;
  }

  /** Traces: they add up. */
  public Map<String, Double> trace() {
    return of(p -> p.block().trace());
  }

  /** Frobenius norms: the squares add up. */
  public Map<String, Double> frobeniusNorm() {
    return of(p -> p.block().frobeniusNorm());
  }

  /** Greatest absolute eigenvalues: the greatest of all is the matrix's. */
  public Map<String, Double> spectralNorm() {
    return of(p -> p.block().spectralNorm());
  }

  /** Smallest eigenvalues: the smallest of all is the matrix's. */
  public Map<String, Double> smallestEigenvalue() {
    return of(p -> p.block().smallestEigenvalue());
  }

  /** log det (M + lambda I): they add up. */
  public Map<String, Double> logDeterminant(double lambda) {
    return of(p -> LayerwisePMat.named(p, b -> b.logDeterminant(lambda)));
  }

  /** v^T M v with the part's coordinates of v: they add up. */
  public Map<String, Double> quadraticForm(PVector v) {
    if (!v.layers().equals(layers)) {
      throw new IllegalArgumentException(
          "a matrix over %s does not fit a vector over %s".formatted(layers, v.layers()));
    }
    return of(
        p ->
            Spectrum.number(
                () -> {
                  Tensor rows = v.tensor().detach().unsqueeze(0);
                  Tensor mine = rows.narrow(1, p.offset(), p.block().size());
                  return p.block().apply(mine).mul(mine).sum();
                }));
  }

  private Map<String, Double> of(ToDoubleFunction<Part> f) {
    Map<String, Double> result = new LinkedHashMap<>();
    parts.forEach(p -> result.put(p.name(), f.applyAsDouble(p)));
    return result;
  }
}
