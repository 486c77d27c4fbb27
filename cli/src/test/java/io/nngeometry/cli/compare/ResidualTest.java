package io.nngeometry.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The experiment on softmax regression of three classes, whose Fisher matrix is the mean of
 * (diag(p) - pp') (x) [x, 1][x, 1]', against sums written out here in plain Java.
 */
class ResidualTest {
  private static final int N = 7;
  private static final int IN = 3;
  private static final int CLASSES = 3;
  private static final int SIZE = CLASSES * (IN + 1);
  private static final int VECTORS = 4;
  private static final long SEED = 11;
  private static final List<Double> DAMPINGS = List.of(1e-4, 1e-2, 1.0, 1e4);

  private final double[][] x = new double[N][IN];
  private double[][] fisher;
  private double[][] kfac;
  private double[][] vectors;
  private Scope scope;
  private Module net;
  private Examples examples;

  @BeforeEach
  void make() {
    scope = Scope.open();
    Random random = new Random(1);
    for (double[] row : x) {
      Arrays.setAll(row, j -> random.nextGaussian());
    }
    net = new Sequential(new Linear(IN, CLASSES));
    net.initialize(3);
    net.to(torch.ScalarType.Double);
    net.eval();
    double[] flat = Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray();
    examples = Examples.of(Tensors.of(flat, N, IN), Tensors.of(new long[N], N)).batches(3);
    fillMatrices();
    try (Truth truth = truth();
        Probes probes = Probes.of(truth, VECTORS, new Seeds(SEED).vectors(0))) {
      double[] rows = Tensors.toArray(probes.rows());
      vectors = new double[VECTORS][];
      Arrays.setAll(vectors, k -> Arrays.copyOfRange(rows, k * SIZE, (k + 1) * SIZE));
    }
  }

  @AfterEach
  void free() {
    scope.close();
  }

  private Truth truth() {
    return Truth.of(Fisher.of(net, Metric.categorical()).on(examples).as(Representation.IMPLICIT));
  }

  /** Index of the weight from input j to class k, and of the bias for j = IN, in flat order. */
  private static int index(int k, int j) {
    return j == IN ? CLASSES * IN + k : k * IN + j;
  }

  private void fillMatrices() {
    double[] w = Tensors.toArray(net.state().get(weight("weight")));
    double[] b = Tensors.toArray(net.state().get(weight("bias")));
    fisher = new double[SIZE][SIZE];
    double[][] inputs = new double[IN + 1][IN + 1];
    double[][] outputs = new double[CLASSES][CLASSES];
    for (double[] row : x) {
      double[] a = Arrays.copyOf(row, IN + 1);
      a[IN] = 1;
      double[] p = new double[CLASSES];
      for (int k = 0; k < CLASSES; k++) {
        p[k] = b[k];
        for (int j = 0; j < IN; j++) {
          p[k] += w[k * IN + j] * row[j];
        }
        p[k] = Math.exp(p[k]);
      }
      double sum = Arrays.stream(p).sum();
      for (int k = 0; k < CLASSES; k++) {
        for (int l = 0; l < CLASSES; l++) {
          double h = (k == l ? p[k] / sum : 0) - p[k] / sum * p[l] / sum;
          outputs[k][l] += h / N;
          for (int i = 0; i <= IN; i++) {
            for (int j = 0; j <= IN; j++) {
              fisher[index(k, i)][index(l, j)] += h * a[i] * a[j] / N;
            }
          }
        }
      }
      for (int i = 0; i <= IN; i++) {
        for (int j = 0; j <= IN; j++) {
          inputs[i][j] += a[i] * a[j] / N;
        }
      }
    }
    kfac = new double[SIZE][SIZE];
    for (int k = 0; k < CLASSES; k++) {
      for (int l = 0; l < CLASSES; l++) {
        for (int i = 0; i <= IN; i++) {
          for (int j = 0; j <= IN; j++) {
            kfac[index(k, i)][index(l, j)] = outputs[k][l] * inputs[i][j];
          }
        }
      }
    }
  }

  private String weight(String which) {
    return net.state().keySet().stream().filter(n -> n.endsWith(which)).findFirst().orElseThrow();
  }

  private double[][] diagonal() {
    double[][] diagonal = new double[SIZE][SIZE];
    for (int i = 0; i < SIZE; i++) {
      diagonal[i][i] = fisher[i][i];
    }
    return diagonal;
  }

  private Outcome outcome(Residual residual) {
    Design design =
        new Design(
            List.of(Representation.DENSE, Representation.DIAG, Representation.KFAC),
            EstimatorKind.EXACT,
            1,
            1,
            VECTORS,
            DAMPINGS,
            residual,
            SEED);
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Fisher truth = Fisher.of(net, Metric.categorical()).on(examples);
    return new Experiment(truth, examples.size(), design, Progress.on(nowhere, false))
        .run(matrix -> {});
  }

  private static double[] values(
      Outcome outcome, String series, Quantity quantity, OptionalDouble lambda) {
    return outcome.measurements().stream()
        .filter(m -> m.series().equals(series) && m.quantity() == quantity)
        .filter(m -> m.lambda().equals(lambda))
        .mapToDouble(Measurement::value)
        .toArray();
  }

  @ParameterizedTest
  @EnumSource(Residual.class)
  void solvesAreAsDefined(Residual residual) {
    Outcome outcome = outcome(residual);
    for (double lambda : DAMPINGS) {
      OptionalDouble at = OptionalDouble.of(lambda);
      assertSolves(values(outcome, "dense", Quantity.SOLVE, at), residual, fisher, lambda);
      assertSolves(values(outcome, "diag", Quantity.SOLVE, at), residual, diagonal(), lambda);
      assertSolves(values(outcome, "kfac", Quantity.SOLVE, at), residual, kfac, lambda);
    }
    assertThat(outcome.gaps()).isEmpty();
  }

  private void assertSolves(
      double[] actual, Residual residual, double[][] approximation, double lambda) {
    assertThat(actual).hasSize(VECTORS);
    for (int v = 0; v < VECTORS; v++) {
      double[] left = leftOf(vectors[v], residual, approximation, lambda);
      assertThat(actual[v]).isCloseTo(cosine(vectors[v], left), within(1e-8));
    }
  }

  /** The two definitions, word by word. */
  private double[] leftOf(double[] v, Residual residual, double[][] approximation, double lambda) {
    double[][] damped = plus(approximation, lambda);
    return switch (residual) {
      case TEXT -> solve(damped, times(plus(fisher, lambda), v));
      case SCRIPT -> {
        double[] back = times(fisher, solve(damped, v));
        Arrays.setAll(back, i -> back[i] + lambda * v[i]);
        yield back;
      }
    };
  }

  @Test
  void errorsAreAsDefined() {
    Outcome outcome = outcome(Residual.TEXT);
    OptionalDouble none = OptionalDouble.empty();
    double trace = trace(fisher);
    assertThat(outcome.trace()).isCloseTo(trace, within(1e-12));
    double error = Math.abs(trace(kfac) - trace) / trace;
    assertThat(values(outcome, "kfac", Quantity.TRACE, none)[0]).isCloseTo(error, within(1e-10));
    double[] forms = values(outcome, "kfac", Quantity.QUADRATIC_FORM, none);
    double[] products = values(outcome, "kfac", Quantity.PRODUCT, none);
    for (int v = 0; v < VECTORS; v++) {
      double[] theirs = times(kfac, vectors[v]);
      double[] truth = times(fisher, vectors[v]);
      double form = dot(vectors[v], truth);
      assertThat(forms[v]).isCloseTo(Math.abs(dot(vectors[v], theirs) - form) / form, within(1e-9));
      assertThat(products[v]).isCloseTo(cosine(theirs, truth), within(1e-10));
    }
  }

  /**
   * What the script computes is one for no matrix: of the part of v that F maps to zero it leaves
   * lambda. With little damping it is thus the farther from one of the two, and only lambda draws
   * it there.
   */
  @Test
  void theScriptsResidualOfTheTruthItselfIsNotOne() {
    Outcome text = outcome(Residual.TEXT);
    Outcome script = outcome(Residual.SCRIPT);
    for (double lambda : DAMPINGS) {
      OptionalDouble at = OptionalDouble.of(lambda);
      for (double cosine : values(text, "dense", Quantity.SOLVE, at)) {
        assertThat(cosine).isCloseTo(1, within(1e-8));
      }
    }
    for (double cosine : values(script, "dense", Quantity.SOLVE, OptionalDouble.of(1e-4))) {
      assertThat(cosine).isLessThan(0.99);
    }
    for (double cosine : values(script, "dense", Quantity.SOLVE, OptionalDouble.of(1e4))) {
      assertThat(cosine).isCloseTo(1, within(1e-6));
    }
  }

  private static double[][] plus(double[][] matrix, double lambda) {
    double[][] sum = new double[matrix.length][];
    Arrays.setAll(sum, i -> matrix[i].clone());
    for (int i = 0; i < sum.length; i++) {
      sum[i][i] += lambda;
    }
    return sum;
  }

  private static double[] times(double[][] matrix, double[] v) {
    return Arrays.stream(matrix).mapToDouble(row -> dot(row, v)).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double trace(double[][] matrix) {
    double sum = 0;
    for (int i = 0; i < matrix.length; i++) {
      sum += matrix[i][i];
    }
    return sum;
  }

  private static double cosine(double[] a, double[] b) {
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  /** Gauss's elimination with pivots. */
  private static double[] solve(double[][] matrix, double[] right) {
    int n = right.length;
    double[][] a = new double[n][];
    for (int i = 0; i < n; i++) {
      a[i] = Arrays.copyOf(matrix[i], n + 1);
      a[i][n] = right[i];
    }
    for (int c = 0; c < n; c++) {
      int pivot = c;
      for (int r = c + 1; r < n; r++) {
        pivot = Math.abs(a[r][c]) > Math.abs(a[pivot][c]) ? r : pivot;
      }
      double[] row = a[pivot];
      a[pivot] = a[c];
      a[c] = row;
      for (int r = 0; r < n; r++) {
        double factor = r == c ? 0 : a[r][c] / a[c][c];
        for (int k = c; k <= n && factor != 0; k++) {
          a[r][k] -= factor * a[c][k];
        }
      }
    }
    double[] solution = new double[n];
    for (int i = 0; i < n; i++) {
      solution[i] = a[i][n] / a[i][i];
    }
    return solution;
  }
}
