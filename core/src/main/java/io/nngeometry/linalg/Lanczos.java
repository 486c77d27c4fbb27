package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Extreme eigenvalues of a symmetric operator and their vectors by the Lanczos iteration with full
 * reorthogonalisation (Golub and Van Loan, Matrix Computations, 10.3) and thick restarts (Wu and
 * Simon 2000), which bound the memory.
 *
 * <p>One starting vector meets one eigenvector of a repeated eigenvalue. Where several pairs are
 * asked for, those found are therefore kept and the search goes on along a random vector orthogonal
 * to them, until it has seen that nothing further belongs to them.
 *
 * @param tolerance residual, relative to the operator's norm, at which to stop; an eigenvalue's own
 *     error is of second order in it where others are not near
 * @param maxIterations products at the most, besides one a pair for the true residuals
 * @param basis vectors kept at the most, twice the pairs asked for at least; zero for as many as
 *     take a gibibyte, up to 200
 * @param seed seed of the starting vectors
 * @param monitor watches, and may stop and resume
 */
public record Lanczos(double tolerance, int maxIterations, int basis, long seed, Monitor monitor) {
  /** Of float64 vectors: a relative residual of 1e-8 in at most 1,000 products. */
  public static final Lanczos DEFAULT = new Lanczos(1e-8, 1000, 0);

  private static final int SPARE = 10;
  private static final int LARGEST_BASIS = 200;
  private static final double BYTES = 0x1p30;

  /** Checks its options. */
  public Lanczos {
    Checked.options("Lanczos iterations", tolerance, maxIterations);
    if (basis < 0) {
      throw new IllegalArgumentException("a basis must not be negative, got " + basis);
    }
  }

  /** With a basis of the size that suits. */
  public Lanczos(double tolerance, int maxIterations, long seed) {
    this(tolerance, maxIterations, 0, seed, Monitor.SILENT);
  }

  /** What vectors of {@code type} can reach: 1e-8, or 1e-5 in float32. */
  public static Lanczos of(ScalarType type) {
    return type.intern() == ScalarType.Double ? DEFAULT : new Lanczos(1e-5, 1000, 0);
  }

  /** With {@code vectors} kept at the most. */
  public Lanczos basis(int vectors) {
    return new Lanczos(tolerance, maxIterations, vectors, seed, monitor);
  }

  /** Under {@code watch}. */
  public Lanczos monitored(Monitor watch) {
    return new Lanczos(tolerance, maxIterations, basis, seed, watch);
  }

  /** Which eigenvalues are asked for, and in which order they come. */
  public enum Which {
    /** The greatest, descending. */
    LARGEST(Comparator.reverseOrder()),
    /** The smallest, ascending. */
    SMALLEST(Comparator.naturalOrder()),
    /** The greatest in absolute value, descending. */
    MAGNITUDE(Comparator.comparingDouble(x -> -Math.abs(x)));

    private final Comparator<Double> order;

    Which(Comparator<Double> order) {
      this.order = order;
    }

    /** Places of ascending values in this order. */
    long[] places(double[] values) {
      return IntStream.range(0, values.length)
          .boxed()
          .sorted(Comparator.comparing(k -> values[k], order))
          .mapToLong(k -> k)
          .toArray();
    }
  }

  /**
   * The greatest eigenvalue in absolute value.
   *
   * @throws NotConvergedException if the tolerance is not reached
   * @throws IllegalArgumentException if the operator is not symmetric
   * @throws CancelledException if stopped
   */
  public double spectralNorm(LinearOperator operator, TensorOptions options) {
    try (Scope scope = Scope.open()) {
      Search search = new Search(operator, 1, Which.MAGNITUDE, options);
      double residual = search.run();
      if (residual > tolerance) {
        throw new NotConvergedException(
            "the greatest eigenvalue by Lanczos",
            residual,
            tolerance,
            (int) search.krylov.products(),
            "give Lanczos more products or a greater tolerance");
      }
      return Math.abs(search.wanted[0]);
    }
  }

  /**
   * The first k eigenvalues and their vectors, repeated ones among them, as far as it gets: ask the
   * pairs whether they converged.
   *
   * @param k in [1, d]
   * @param options type and device of the operator's vectors
   * @throws IllegalArgumentException if k is out of range or the operator not symmetric
   * @throws CancelledException if stopped
   */
  public Eigenpairs eigenpairs(
      LinearOperator operator, long k, Which which, TensorOptions options) {
    if (k < 1 || k > operator.size()) {
      throw new IllegalArgumentException(
          "ask for 1 to %d eigenvalues, not %d".formatted(operator.size(), k));
    }
    try (Scope scope = Scope.open()) {
      Search search = new Search(operator, Math.toIntExact(k), which, options);
      search.run();
      Tensor vectors = search.krylov.vectors(search.ritz(), search.chosen);
      Tensor values = Tensors.of(search.wanted, k);
      Tensor residuals = residuals(operator, vectors, values);
      double residual = Tensors.item(residuals.max());
      double worst = residual == 0 ? 0 : residual / search.krylov.norm();
      return new Eigenpairs(
          scope.keep(values),
          scope.keep(vectors),
          scope.keep(residuals),
          worst,
          search.krylov.products() + k,
          search.confirmed && worst <= tolerance);
    }
  }

  /** |M v - theta v| of every pair, a few at a time: all at once would be as large as the basis. */
  private static Tensor residuals(LinearOperator operator, Tensor vectors, Tensor values) {
    Tensor thetas = values.to(Tensors.type(vectors)).unsqueeze(1);
    Tensor residuals = Tensors.zeros(values, values.size(0));
    long step = Probes.chunk(operator.size());
    for (long first = 0; first < vectors.size(0); first += step) {
      try (Scope scope = Scope.open()) {
        long count = Math.min(step, vectors.size(0) - first);
        Tensor some = vectors.narrow(0, first, count);
        Tensor errors =
            Checked.product(operator, some, Search.NAME)
                .sub(some.mul(thetas.narrow(0, first, count)));
        residuals.narrow(0, first, count).copy_(Equations.norms(errors).squeeze(1));
      }
    }
    return residuals;
  }

  /** One search, in its caller's scope. */
  private final class Search {
    static final String NAME = "Lanczos";
    private static final double LOOSE = 0.1;
    private final LinearOperator operator;
    private final int k;
    private final Which which;
    private final TensorOptions options;
    private final int capacity;
    private final Krylov krylov;
    private final Run run;
    private double[] wanted = {};
    private double[] accepted = {};
    private long[] chosen = {};
    private long turns;
    private boolean confirmed;

    Search(LinearOperator operator, int k, Which which, TensorOptions options) {
      LinearOperator.requireSymmetric(operator, "Lanczos iterations");
      this.operator = operator;
      this.k = k;
      this.which = which;
      this.options = options;
      capacity = capacity();
      krylov = new Krylov(operator, options, capacity, NAME);
      run = new Run(NAME, monitor, operator.size(), k, which.ordinal(), seed, capacity);
    }

    private int capacity() {
      double fitting = BYTES / (8.0 * operator.size());
      long least = 2L * k + SPARE;
      long size = basis > 0 ? Math.max(basis, 2L * k + 2) : Math.max(least, Math.round(fitting));
      long bound = basis > 0 ? size : Math.max(least, Math.min(size, LARGEST_BASIS));
      return Math.toIntExact(Math.min(operator.size(), bound));
    }

    private Tensor random() {
      return Tensors.randn(Seeds.of(seed, turns++), options, 1, operator.size());
    }

    Krylov.Ritz ritz() {
      return krylov.ritz();
    }

    /** Returns the worst residual relative to the operator's norm. */
    double run() {
      boolean expanded = run.resumes(); // a state is one that was just reported
      if (expanded) {
        krylov.restore(run);
        turns = run.counter("turns");
        accepted = Tensors.toArray(run.get("accepted"));
      } else {
        turn(true);
      }
      while (true) {
        try (Scope step = Scope.open()) {
          if (!expanded) {
            krylov.expand();
          }
          Krylov.Ritz ritz = krylov.ritz();
          long[] places = which.places(ritz.values());
          double worst = look(ritz, places);
          if (!expanded) {
            run.step(krylov.products(), maxIterations, worst, this::state);
          }
          expanded = false;
          boolean found = worst <= tolerance / 2 && looked(ritz, places);
          confirmed = krylov.complete() || found && (k == 1 || same());
          if (confirmed || krylov.products() >= maxIterations) {
            return worst;
          }
          if (found) {
            accepted = wanted;
            krylov.restart(ritz, chosen);
            turn(false);
          } else {
            if (krylov.full()) {
              int kept = Math.min(capacity - 1, k + (capacity - k) / 2);
              krylov.restart(ritz, Arrays.copyOf(places, kept));
            }
            if (krylov.invariant()) {
              turn(false);
            }
          }
        }
      }
    }

    private void turn(boolean start) {
      try (Scope scope = Scope.open()) {
        if (start) {
          krylov.start(random());
        } else {
          krylov.turnTo(random());
        }
      }
    }

    private double look(Krylov.Ritz ritz, long[] places) {
      int seen = Math.min(k, places.length);
      chosen = Arrays.copyOf(places, seen);
      wanted = new double[seen];
      double worst = seen < k ? Double.POSITIVE_INFINITY : 0;
      for (int i = 0; i < seen; i++) {
        int place = (int) places[i];
        wanted[i] = ritz.values()[place];
        worst = Math.max(worst, krylov.residual(ritz.last()[place]));
      }
      return worst == 0 ? 0 : worst / krylov.norm();
    }

    /** Whether the first pair that is left out is known well enough to be left out. */
    private boolean looked(Krylov.Ritz ritz, long[] places) {
      if (accepted.length == 0) {
        return true;
      }
      if (places.length == k) {
        return false;
      }
      int place = (int) places[k];
      double gap = Math.abs(ritz.values()[place] - wanted[k - 1]);
      double enough = Math.max(tolerance * krylov.norm(), LOOSE * gap);
      return krylov.residual(ritz.last()[place]) <= enough;
    }

    /** Whether a second search has found what the first had. */
    private boolean same() {
      return accepted.length == k
          && IntStream.range(0, k)
              .allMatch(i -> Math.abs(accepted[i] - wanted[i]) <= 10 * tolerance * krylov.norm());
    }

    private Map<String, Tensor> state() {
      Map<String, Tensor> state = new HashMap<>(krylov.state());
      state.put("turns", Run.counter(turns));
      state.put("accepted", Tensors.of(accepted, accepted.length));
      return state;
    }
  }
}
