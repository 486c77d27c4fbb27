package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.TopEigen;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Eigenvectors against those of the golden files' matrices. Signs, and bases of tied eigenvalues,
 * are free: what is compared are the projectors on the spaces of eigenvalues that are apart.
 */
class GoldenEigenvectorsTest {
  /** Relative to the greatest eigenvalue; rounding over it is what a projector may be off by. */
  private static final double GAP = 1e-6;

  private static final double TOLERANCE = 1e-8;
  private static final AtomicInteger PROJECTORS = new AtomicInteger();
  private static final AtomicInteger NETS = new AtomicInteger();

  static List<String> nets() {
    return Golden.names();
  }

  @AfterAll
  static void enoughWasCompared() {
    if (NETS.get() == nets().size()) {
      assertThat(PROJECTORS.get()).isGreaterThan(400);
    }
  }

  /**
   * Compares the spaces of all groups of eigenvalues of {@code expected} that are apart.
   *
   * @param vectors eigenvectors as columns, (p, k), of the k greatest eigenvalues, ascending
   */
  private static void compare(String what, Tensor vectors, Tensor expected) {
    var eigen = torch.linalg_eigh(expected);
    Tensor all = new Tensor(eigen.get1());
    double[] values = Tensors.toArray(new Tensor(eigen.get0()));
    int p = values.length;
    int first = p - (int) vectors.size(1);
    int start = p;
    // from the greatest down: a group ends where the next value is apart
    for (int end = p; end > first; end = start) {
      start = end - 1;
      while (start > 0 && values[start] - values[start - 1] < GAP * values[p - 1]) {
        start--;
      }
      if (start < first) {
        return; // the group reaches beyond what is compared
      }
      Tensor mine = vectors.narrow(1, start - first, end - start);
      Tensor theirs = all.narrow(1, start, end - start);
      Tensor difference = mine.matmul(mine.t()).sub(theirs.matmul(theirs.t()));
      assertThat(Calculus.norm(difference))
          .as("%s, eigenvalues %d to %d of %d", what, start, end - 1, p)
          .isLessThan(TOLERANCE);
      PROJECTORS.incrementAndGet();
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void ofKroneckerFactorsAndOfTheMatrix(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      List<PMat> m =
          Fisher.of(golden.net(), golden.classification())
              .on(golden.examples())
              .as(Representation.EKFAC, Representation.DENSE);
      String variant = golden.outputs() == 1 ? "classif_binary_logits" : "classif_logits";
      for (Layer layer : m.get(0).layers().layers()) {
        for (String factor : List.of("A", "G")) {
          String key = "upstream.%s.KFAC.%s.%s".formatted(variant, factor, layer.id());
          if (golden.has(key)) {
            boolean ofRows = factor.equals("A") == (layer.inputs() == InputSide.ROWS);
            var block = (EigenKroneckerBlock) ((LayerwisePMat) m.get(0)).block(layer.id());
            Tensor basis = ofRows ? block.leftBasis() : block.rightBasis();
            Tensor theirs = golden.expected(key);
            compare(name + " " + key, ascending(basis, theirs), theirs);
          }
        }
      }
      if (golden.has("truth.fisher_classif")) {
        Tensor truth = golden.expected("truth.fisher_classif");
        TopEigen top = m.get(1).topEigen(10);
        compare(name + " dense", top.vectors().t().flip(1), truth);
        assertThat(
                Calculus.relativeError(
                    top.values().flip(0),
                    torch.linalg_eigvalsh(truth).narrow(0, truth.size(0) - 10, 10)))
            .isLessThan(TOLERANCE);
      }
      NETS.incrementAndGet();
    }
  }

  /** The vectors of the only group; the axes, which are in no order, in that of the diagonal. */
  private static Tensor ascending(Tensor basis, Tensor diagonalMatrix) {
    if (basis.dim() == 3) {
      return basis.squeeze(0);
    }
    assertThat(Tensors.toArray(basis)).containsOnly(1);
    Tensor order = new Tensor(torch.sort(diagonalMatrix.diagonal()).get1());
    return Tensors.eye(basis, basis.size(1)).index_select(1, order);
  }
}
