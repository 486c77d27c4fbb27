package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The trace by Hutch++ (Meyer, Musco, Musco and Woodruff 2021, arXiv 2010.09649, algorithm 1):
 * exact on the range that a third of the vectors sketch, {@link Hutchinson} on the rest. Unbiased,
 * and its samples are independent, so that its standard error is honest; an error of 1/m after m
 * products for positive operators where Hutchinson's is one over the root.
 *
 * @param effort nine products at least; as many vectors as two thirds of them are in memory
 * @param seed the same seed gives the same estimate
 * @param monitor watches, and may stop and resume
 */
public record HutchPlusPlus(Effort effort, long seed, Monitor monitor) implements TraceEstimator {
  private static final String NAME = "Hutch++";
  private static final Distribution SIGNS = Distribution.RADEMACHER;

  /** Unwatched. */
  public static HutchPlusPlus of(Effort effort, long seed) {
    return new HutchPlusPlus(effort, seed, Monitor.SILENT);
  }

  /** Under {@code watch}. */
  public HutchPlusPlus monitored(Monitor watch) {
    return new HutchPlusPlus(effort, seed, watch);
  }

  @Override
  public Estimate trace(LinearOperator operator, TensorOptions options) {
    effort.require(9, NAME);
    try (Scope scope = Scope.open()) {
      Search search = new Search(operator, options);
      if (search.run.resumes()) {
        search.basis.restore(search.run);
        search.forms = Tensors.toArray(search.run.get("forms"));
        search.rung = search.run.counter("rung");
      }
      while (true) {
        search.grow();
        search.estimate = search.estimate();
        if (search.rung >= effort.products()
            || search.basis.complete()
            || search.estimate.within(effort.tolerance())) {
          return search.estimate;
        }
        search.rung = effort.target(search.rung, 3L * Hutchinson.LEAST, effort.products());
      }
    }
  }

  /** In its caller's scope. */
  private final class Search {
    final LinearOperator operator;
    final TensorOptions options;
    final RangeBasis basis;
    final Run run;
    double[] forms = {};
    long rung = effort.target(0, 3L * Hutchinson.LEAST, effort.products());
    Estimate estimate = new Estimate(Double.NaN, Double.NaN, 0);

    Search(LinearOperator operator, TensorOptions options) {
      this.operator = operator;
      this.options = options;
      basis = new RangeBasis(operator, options, Distribution.GAUSSIAN, seed, NAME);
      run = new Run(NAME, monitor, operator.size(), seed);
    }

    /** Two thirds of the rung's products for the basis, the rest for what it misses. */
    void grow() {
      basis.grow(rung / 3, this::report);
      while (basis.products() + forms.length < rung && !basis.complete()) {
        try (Scope scope = Scope.open()) {
          long missing = rung - basis.products() - forms.length;
          Tensor v = rest(forms.length, Math.min(Probes.chunk(operator.size()), missing));
          Tensor image = Checked.product(operator, v, NAME);
          Tensor form = Equations.dots(v.to(ScalarType.Double), image.to(ScalarType.Double));
          forms = Hutchinson.concatenated(forms, Tensors.toArray(form));
        }
        report();
      }
    }

    /** Vectors that the sketch does not know. */
    private Tensor rest(long first, long count) {
      return SIGNS.draw(Seeds.of(seed, -1), first, count, options, operator.size());
    }

    private void report() {
      run.step(
          basis.products() + forms.length,
          effort.products(),
          estimate.relativeError(),
          () -> {
            Map<String, Tensor> state = basis.state();
            state.put("forms", Tensors.of(forms, forms.length));
            state.put("rung", Run.counter(rung));
            return state;
          });
    }

    /** v^T (I - P) M (I - P) v from v^T M v and products that are known, with P = Q^T Q. */
    Estimate estimate() {
      try (Scope scope = Scope.open()) {
        Tensor core = basis.core();
        double within = Tensors.item(core.trace());
        long products = basis.products() + forms.length;
        if (basis.complete()) {
          return Estimate.exact(within, products);
        }
        double[] samples = forms.clone();
        int chunk = (int) Probes.chunk(operator.size());
        for (int first = 0; first < samples.length; first += chunk) {
          try (Scope step = Scope.open()) {
            Tensor v = rest(first, Math.min(chunk, samples.length - first));
            Tensor c = v.matmul(basis.q().t()).to(ScalarType.Double);
            Tensor t = v.matmul(basis.image().t()).to(ScalarType.Double);
            double[] known =
                Tensors.toArray(Equations.dots(c, c.matmul(core).sub(t, new Scalar(2))));
            for (int k = 0; k < known.length; k++) {
              samples[first + k] += known[k] + within;
            }
          }
        }
        return Estimate.mean(samples, products);
      }
    }
  }
}
