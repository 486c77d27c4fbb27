package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.operators.RefusedOperationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Compares, and collects what is wrong and what is refused. */
final class ContractChecks {
  private static final AtomicInteger CHECKS = new AtomicInteger();

  /** What a refusal has to name: something that answers. */
  private static final Pattern ADVICE =
      Pattern.compile("\\b(dense|block-diag|kfac|ekfac|diag|low-rank)\\b");

  private final List<String> wrong = new ArrayList<>();
  private final Set<String> refused = new TreeSet<>();

  void attempt(String operation, Runnable comparison) {
    try (Scope scope = Scope.open()) {
      comparison.run();
    } catch (RefusedOperationException e) {
      refused.add(operation);
      String advice = e.getMessage().substring(e.getMessage().lastIndexOf(';') + 1);
      if (!ADVICE.matcher(advice).find()) {
        wrong.add(operation + " names nothing that answers: " + e.getMessage());
      }
    } catch (RuntimeException e) {
      wrong.add(operation + " fails: " + e);
    }
  }

  void equal(String what, Tensor mine, Tensor expected, double tolerance) {
    Tensor truth = expected.detach().to(ScalarType.Double);
    within(what, Calculus.relativeError(mine, truth), tolerance);
  }

  void equal(String what, double mine, double expected, double scale, double tolerance) {
    within(what, Math.abs(mine - expected) / scale, tolerance);
  }

  void within(String what, double error, double tolerance) {
    CHECKS.incrementAndGet();
    if (!(error <= tolerance)) {
      wrong.add("%s is off by %.2e".formatted(what, error));
    }
  }

  /** Something else than a number is. */
  void isWrong(String complaint) {
    wrong.add(complaint);
  }

  void finish(ContractCase c, Set<String> expectedRefusals) {
    assertThat(wrong).as(c.name).isEmpty();
    assertThat(refused).as("refusals of " + c.name).isEqualTo(new TreeSet<>(expectedRefusals));
  }

  /** Comparisons of all, so far. */
  static int count() {
    return CHECKS.get();
  }
}
