package io.nngeometry.operators;

import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** What is inverted in place of a matrix that may be singular. */
public sealed interface Damping permits Damping.Tikhonov, Damping.Factored, Damping.Truncated {

  /** The strength. */
  double lambda();

  /** Solves for every row of {@code b}, (m, d). */
  Tensor solve(Solvable matrix, Tensor b);

  /**
   * The damped inverse of any block of one matrix.
   *
   * @param whole that matrix, of which a pseudo-inverse asks the greatest eigenvalue, once
   */
  UnaryOperator<Block> inverse(Whole whole);

  /** What a damping asks of the matrix that a block is part of. */
  interface Whole {
    /** What {@code cutoff} leaves out: eigenvalues up to this. */
    double threshold(double cutoff);
  }

  /** (M + lambda I)^-1, exactly, in every representation. */
  static Damping tikhonov(double lambda) {
    return new Tikhonov(lambda);
  }

  /**
   * (A + pi sqrt(lambda) I) (x) (G + sqrt(lambda) / pi I) for Kronecker blocks, with pi the ratio
   * of the factors' mean eigenvalues (Martens and Grosse 2015, section 6.3); blocks of other kinds
   * have no factors to split lambda between and are damped by lambda I.
   */
  static Damping factored(double lambda) {
    return new Factored(lambda, OptionalDouble.empty());
  }

  /** As {@link #factored(double)} with a given pi, positive. */
  static Damping factored(double lambda, double pi) {
    return new Factored(lambda, OptionalDouble.of(pi));
  }

  /**
   * The pseudo-inverse: nothing is added, and eigenvalues up to {@code cutoff} times the greatest
   * of the whole matrix, whatever its blocks, are left out.
   */
  static Damping truncated(double cutoff) {
    return new Truncated(cutoff);
  }

  /**
   * Exact damping.
   *
   * @param lambda added to every eigenvalue; zero inverts the matrix itself, which must be regular
   */
  record Tikhonov(double lambda) implements Damping {
    /** Checks lambda. */
    public Tikhonov {
      check(lambda);
    }

    @Override
    public Tensor solve(Solvable matrix, Tensor b) {
      return matrix.solve(b, lambda);
    }

    @Override
    public UnaryOperator<Block> inverse(Whole whole) {
      return block -> block.inverse(lambda);
    }
  }

  /**
   * Damping of the factors.
   *
   * @param lambda strength, the product of the two dampings
   * @param pi how it is split; empty to balance the factors
   */
  record Factored(double lambda, OptionalDouble pi) implements Damping {
    /** Checks lambda. */
    public Factored {
      check(lambda);
      if (pi.isPresent() && !(pi.getAsDouble() > 0)) {
        throw new IllegalArgumentException("pi must be positive, got " + pi.getAsDouble());
      }
    }

    @Override
    public Tensor solve(Solvable matrix, Tensor b) {
      return matrix.solveFactored(b, lambda, pi);
    }

    @Override
    public UnaryOperator<Block> inverse(Whole whole) {
      return block -> block.inverseFactored(lambda, pi);
    }
  }

  /**
   * A pseudo-inverse.
   *
   * @param cutoff eigenvalues up to this part of the greatest, of the whole matrix, count as zero
   */
  record Truncated(double cutoff) implements Damping {
    /** Checks the cutoff. */
    public Truncated {
      if (!(cutoff >= 0 && cutoff < 1)) {
        throw new IllegalArgumentException("a cutoff must be in [0, 1), got " + cutoff);
      }
    }

    @Override
    public double lambda() {
      return 0;
    }

    @Override
    public Tensor solve(Solvable matrix, Tensor b) {
      return matrix.solveTruncated(b, cutoff);
    }

    @Override
    public UnaryOperator<Block> inverse(Whole whole) {
      double least = whole.threshold(cutoff);
      return block -> block.inverseAbove(least);
    }
  }

  private static void check(double lambda) {
    if (!(lambda >= 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException(
          "damping must be a finite number of at least zero, got " + lambda);
    }
  }
}
