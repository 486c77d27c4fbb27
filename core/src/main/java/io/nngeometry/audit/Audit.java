package io.nngeometry.audit;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.NotConvergedException;
import io.nngeometry.linalg.Probes;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Holds approximations against the matrix they stand for, usually an implicit one. The exact matrix
 * is asked for its trace and one product a vector when the audit is made, and never again however
 * many approximations are audited.
 *
 * <pre>{@code
 * try (Audit audit = Audit.of(fisher.as(IMPLICIT), Probes.gaussian(20, seed))) {
 *   List<Report> reports = audit.of(List.of(kfac, ekfac, diag), Damping.tikhonov(1e-2));
 * }
 * }</pre>
 */
public final class Audit implements AutoCloseable {
  private final PMat exact;
  private final double trace;
  private final Answers answers;
  private final boolean isotropic;

  private Audit(PMat exact, Tensor vectors, boolean isotropic) {
    this.exact = exact;
    this.answers = Answers.of(exact, vectors);
    this.trace = exact.trace();
    this.isotropic = isotropic;
  }

  /** With random vectors. */
  public static Audit of(PMat exact, Probes probes) {
    try (Scope scope = Scope.open()) {
      Tensor like = exact.layers().slots().get(0).parameter().tensor();
      return new Audit(exact, probes.rows(Tensors.options(like), exact.size()), true);
    }
  }

  /** With vectors of one's own, such as gradients: what matters is along them. */
  public static Audit of(PMat exact, List<PVector> vectors) {
    try (Scope scope = Scope.open()) {
      for (PVector v : vectors) {
        if (!v.layers().equals(exact.layers())) {
          throw new IllegalArgumentException(
              "a vector over %s does not fit a matrix over %s"
                  .formatted(v.layers(), exact.layers()));
        }
      }
      if (vectors.isEmpty()) {
        throw new IllegalArgumentException("an audit needs a vector or more");
      }
      Tensor rows = Tensors.stack(vectors.stream().map(PVector::tensor).toList(), 0);
      return new Audit(exact, rows, false);
    }
  }

  /** What the exact matrix answered. */
  public Answers answers() {
    return answers;
  }

  /** The report on one approximation, with its solves at these dampings. */
  public Report of(PMat approximation, Damping... dampings) {
    if (!approximation.layers().equals(exact.layers())) {
      throw new IllegalArgumentException(
          "a matrix over %s cannot stand for one over %s"
              .formatted(approximation.layers(), exact.layers()));
    }
    try (Scope scope = Scope.open()) {
      Tensor images = approximation.apply(answers.vectors());
      Map<Damping, Estimate> solves = new LinkedHashMap<>();
      Map<Damping, String> unsolved = new LinkedHashMap<>();
      for (Damping damping : dampings) {
        try {
          solves.put(damping, mean(answers.solveCosines(approximation, damping)));
        } catch (SingularBlockException | RefusedOperationException | NotConvergedException e) {
          unsolved.put(damping, String.valueOf(e.getMessage()));
        }
      }
      double traceError = Math.abs(approximation.trace() - trace) / trace;
      return new Report(
          approximation.representation(),
          isotropic ? Optional.of(frobeniusError(images)) : Optional.empty(),
          Estimate.exact(traceError, 0),
          mean(answers.errors(images)),
          mean(answers.cosines(images)),
          mean(answers.formErrors(images)),
          java.util.Collections.unmodifiableMap(solves),
          java.util.Collections.unmodifiableMap(unsolved));
    }
  }

  /** The reports on several approximations, in their order. */
  public List<Report> of(List<? extends PMat> approximations, Damping... dampings) {
    List<Report> reports = new ArrayList<>();
    approximations.forEach(a -> reports.add(of(a, dampings)));
    return List.copyOf(reports);
  }

  private Estimate frobeniusError(Tensor images) {
    return Estimate.rootOfRatio(
        Rows.squaredDistances(answers.images(), images),
        Rows.squares(answers.images()),
        answers.count());
  }

  private Estimate mean(double[] values) {
    return Estimate.mean(values, answers.count());
  }

  @Override
  public void close() {
    answers.close();
  }
}
