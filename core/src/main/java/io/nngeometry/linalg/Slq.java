package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import io.nngeometry.linalg.SpectralDensity.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * Stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017; Ghorbani, Krishnan and Xiao 2019): the
 * eigenvalues' density, and traces of functions of an operator, from a few steps of Lanczos along
 * random vectors of signs.
 *
 * <pre>{@code
 * Estimate evidence = Slq.DEFAULT.logDeterminant(fisher, 1e-3, options);
 * SpectralDensity density = Slq.DEFAULT.density(fisher, options);
 * }</pre>
 *
 * @param effort a tolerance is that of the number asked for; a density spends all products
 * @param steps of Lanczos along each vector, so many vectors being in memory: the more the wider
 *     the spectrum
 * @param seed the same seed gives the same estimate
 * @param monitor watches, and may stop and resume
 */
public record Slq(Effort effort, int steps, long seed, Monitor monitor) {
  /** Ten vectors of fifty steps each. */
  public static final Slq DEFAULT = of(10, 50, 0);

  private static final String NAME = "stochastic Lanczos quadrature";

  /** Vectors before a standard error is believed. */
  private static final int LEAST = 4;

  /** Checks its options. */
  public Slq {
    if (steps < 1) {
      throw new IllegalArgumentException("Lanczos quadrature needs a step or more, got " + steps);
    }
    effort.require(steps, NAME);
  }

  /** So many random vectors. */
  public static Slq of(long vectors, int steps, long seed) {
    return new Slq(Effort.products(vectors * steps), steps, seed, Monitor.SILENT);
  }

  /** With products to a tolerance. */
  public Slq within(double tolerance, long products) {
    return new Slq(Effort.within(tolerance, products), steps, seed, monitor);
  }

  /** Under {@code watch}. */
  public Slq monitored(Monitor watch) {
    return new Slq(effort, steps, seed, watch);
  }

  /**
   * tr f(M).
   *
   * @param options type and device of the operator's vectors
   * @throws ArithmeticException if f is not finite where the operator has eigenvalues
   * @throws IllegalArgumentException if the operator is not symmetric
   * @throws CancelledException if stopped
   */
  public Estimate trace(LinearOperator operator, DoubleUnaryOperator f, TensorOptions options) {
    return density(operator, options, d -> d.trace(f).relativeError()).trace(f);
  }

  /**
   * log det (M + lambda I).
   *
   * @throws IndefiniteOperatorException if M + lambda I is seen not to be positive definite
   */
  public Estimate logDeterminant(LinearOperator operator, double lambda, TensorOptions options) {
    return density(operator, options, d -> d.logDeterminant(lambda).relativeError())
        .logDeterminant(lambda);
  }

  /** The density of the eigenvalues. */
  public SpectralDensity density(LinearOperator operator, TensorOptions options) {
    return density(operator, options, d -> Double.NaN);
  }

  private SpectralDensity density(
      LinearOperator operator, TensorOptions options, ToDoubleFunction<SpectralDensity> error) {
    LinearOperator.requireSymmetric(operator, "Lanczos iterations");
    try (Scope scope = Scope.open()) {
      Search search = new Search(operator, options);
      long limit = effort.products() / steps;
      while (true) {
        search.grow(effort.target(search.rules.size(), LEAST, limit));
        SpectralDensity density = search.density();
        search.error = error.applyAsDouble(density);
        if (search.rules.size() >= limit || search.error <= effort.tolerance()) {
          return density;
        }
      }
    }
  }

  /** In its caller's scope. */
  private final class Search {
    final LinearOperator operator;
    final TensorOptions options;
    final List<Rule> rules = new ArrayList<>();
    final List<Rule> coarse = new ArrayList<>();
    final Krylov krylov;
    final Run run;
    double error = Double.NaN;
    boolean halfway;

    Search(LinearOperator operator, TensorOptions options) {
      this.operator = operator;
      this.options = options;
      int capacity = (int) Math.min(steps, operator.size());
      krylov = new Krylov(operator, options, capacity, NAME);
      run = new Run(NAME, monitor, operator.size(), seed, steps);
      if (run.resumes()) {
        krylov.restore(run);
        restore("rules", rules);
        restore("coarse", coarse);
        halfway = true; // a state is always one of a vector that has been begun
      }
    }

    SpectralDensity density() {
      return new SpectralDensity(rules, coarse, operator.size(), krylov.products());
    }

    void grow(long vectors) {
      while (rules.size() < vectors) {
        try (Scope scope = Scope.open()) {
          if (!halfway) {
            krylov.start(
                Distribution.RADEMACHER.draw(seed, rules.size(), 1, options, operator.size()));
          }
        }
        while (!ended()) {
          krylov.expand();
          halfway = true;
          run.step(krylov.products(), effort.products(), error, this::state);
        }
        halfway = false;
        rules.add(rule(krylov.size()));
        // a space that is mapped into itself leaves nothing to know
        boolean exact = krylov.complete() || krylov.invariant();
        coarse.add(rule(exact ? krylov.size() : (krylov.size() + 1) / 2));
      }
    }

    private boolean ended() {
      return krylov.full() || krylov.size() > 0 && krylov.invariant();
    }

    private Rule rule(int size) {
      try (Scope scope = Scope.open()) {
        Krylov.Ritz ritz = krylov.ritz(size);
        double[] weights = ritz.first();
        for (int k = 0; k < weights.length; k++) {
          weights[k] *= weights[k];
        }
        return new Rule(ritz.values(), weights);
      }
    }

    private Map<String, Tensor> state() {
      Map<String, Tensor> state = new HashMap<>(krylov.state());
      save("rules", rules, state);
      save("coarse", coarse, state);
      return state;
    }

    /** Rules of fewer nodes than steps end in weights below zero. */
    private void save(String name, List<Rule> some, Map<String, Tensor> state) {
      double[] numbers = new double[some.size() * 2 * steps];
      for (int k = 0; k < some.size(); k++) {
        Rule rule = some.get(k);
        System.arraycopy(rule.nodes(), 0, numbers, 2 * k * steps, rule.nodes().length);
        System.arraycopy(rule.weights(), 0, numbers, (2 * k + 1) * steps, rule.nodes().length);
        Arrays.fill(numbers, (2 * k + 1) * steps + rule.nodes().length, (2 * k + 2) * steps, -1);
      }
      state.put(name, Tensors.of(numbers, some.size(), 2, steps));
    }

    private void restore(String name, List<Rule> some) {
      double[] numbers = Tensors.toArray(run.get(name));
      for (int from = 0; from < numbers.length; from += 2 * steps) {
        int size = 0;
        while (size < steps && numbers[from + steps + size] >= 0) {
          size++;
        }
        some.add(
            new Rule(
                Arrays.copyOfRange(numbers, from, from + size),
                Arrays.copyOfRange(numbers, from + steps, from + steps + size)));
      }
    }
  }
}
