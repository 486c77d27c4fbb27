package io.nngeometry.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.Probes;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.DenseBlock;
import io.nngeometry.operators.DiagonalBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.MatrixFreePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Audited errors against errors by elements. */
class AuditTest {
  private static final class Net extends Module {
    final Linear only = register("only", new Linear(6, 4));

    Net() {
      initialize(0);
      to(ScalarType.Double);
    }

    @Override
    public Tensor forward(Tensor x) {
      return only.forward(x);
    }
  }

  private static final LayerCollection LAYERS = LayerCollection.of(new Net());
  private static final long D = 28;

  /** A matrix by its products, which it counts. */
  private static final class Counted extends MatrixFreePMat {
    private final Tensor matrix;
    private long products;
    private long traces;

    Counted(Tensor matrix) {
      this.matrix = matrix;
    }

    @Override
    protected TensorOptions options() {
      return Tensors.options(matrix);
    }

    @Override
    public LayerCollection layers() {
      return LAYERS;
    }

    @Override
    public String representation() {
      return "counted";
    }

    @Override
    public Tensor apply(Tensor vectors) {
      products += vectors.size(0);
      return Scope.keeping(() -> vectors.matmul(matrix));
    }

    @Override
    public double trace() {
      traces++;
      return Tensors.item(matrix.trace());
    }

    @Override
    public PVector diagonal() {
      return PVector.of(LAYERS, matrix.diagonal().clone());
    }

    @Override
    public double frobeniusNorm() {
      return Tensors.item(matrix.norm());
    }

    @Override
    public double smallestEigenvalue() {
      return Tensors.item(torch.linalg_eigvalsh(matrix).min());
    }

    @Override
    public Tensor toDense() {
      return Scope.keeping(matrix::clone);
    }

    @Override
    public void close() {
      // a test's
    }
  }

  private static final Tensor EXACT = exact();
  private final Counted exact = new Counted(EXACT);

  private static Tensor exact() {
    Tensor root = Tensors.randn(1, Tensors.options(ScalarType.Double), D, D);
    Tensor stretch = Tensors.randn(2, Tensors.options(ScalarType.Double), D).exp();
    return root.mul(stretch).t().matmul(root.mul(stretch)).div(new Scalar((double) D));
  }

  private static PMat diagonal() {
    return matrix("diag", new DiagonalBlock(EXACT.diagonal().clone()));
  }

  private static PMat matrix(String name, io.nngeometry.operators.Block block) {
    return new LayerwisePMat(LAYERS, name, List.of(new LayerwisePMat.Part("only", 0, block)));
  }

  @Test
  void theMatrixItselfHasNoError() {
    PMat same = matrix("dense", new DenseBlock(EXACT.clone()));
    Damping[] dampings = {Damping.tikhonov(1e-2), Damping.tikhonov(1)};
    try (Audit audit = Audit.of(exact, Probes.rademacher(8, 3))) {
      Report report = audit.of(same, dampings);
      assertThat(report.representation()).isEqualTo("dense");
      assertThat(report.frobeniusError().orElseThrow().value()).isLessThan(1e-14);
      assertThat(report.traceError().value()).isLessThan(1e-14);
      assertThat(report.productError().value()).isLessThan(1e-14);
      assertThat(report.formError().value()).isLessThan(1e-13);
      assertThat(report.productCosine().value()).isCloseTo(1, within(1e-14));
      assertThat(report.solveCosines()).containsOnlyKeys(dampings);
      assertThat(report.solveCosines().values())
          .allSatisfy(e -> assertThat(e.value()).isCloseTo(1, within(1e-10)));
    }
  }

  @Test
  void errorsAreThoseOfTheElementsWithinTheirStandardErrors() {
    Tensor offDiagonal = EXACT.sub(torch.diag(EXACT.diagonal()));
    double truth = Tensors.item(offDiagonal.norm()) / Tensors.item(EXACT.norm());
    int within = 0;
    for (int seed = 0; seed < 60; seed++) {
      try (Audit audit = Audit.of(exact, Probes.gaussian(60, seed))) {
        Estimate error = audit.of(diagonal()).frobeniusError().orElseThrow();
        assertThat(error.products()).isEqualTo(60);
        within += Math.abs(error.value() - truth) < 2.5 * error.standardError() ? 1 : 0;
      }
    }
    assertThat(within).isGreaterThanOrEqualTo(52); // of 60, 99 % of which are expected
  }

  @Test
  void productsOfTheExactMatrixAreShared() {
    try (Audit audit = Audit.of(exact, Probes.gaussian(7, 4))) {
      List<Report> reports =
          audit.of(
              List.of(diagonal(), diagonal().times(2), exact.times(3)),
              Damping.tikhonov(0.1),
              Damping.tikhonov(0.2));
      assertThat(reports).hasSize(3);
      assertThat(reports.get(1).traceError().value()).isCloseTo(1, within(1e-12));
      assertThat(reports.get(2).traceError().value()).isCloseTo(2, within(1e-12));
      assertThat(reports.get(2).productError().value()).isCloseTo(2, within(1e-12));
      assertThat(reports.get(2).productCosine().value()).isCloseTo(1, within(1e-12));
      assertThat(reports.get(2).formError().value()).isCloseTo(2, within(1e-12));
      assertThat(reports.get(2).frobeniusError().orElseThrow().value()).isCloseTo(2, within(1e-12));
    }
    Counted fresh = new Counted(EXACT);
    try (Audit audit = Audit.of(fresh, Probes.gaussian(7, 4))) {
      audit.of(List.of(diagonal(), diagonal().times(2)), Damping.tikhonov(0.1));
      assertThat(fresh.products).isEqualTo(7);
      assertThat(fresh.traces).isEqualTo(1);
    }
  }

  @Test
  void vectorsOfOnesOwnGiveWhatIsAlongThem() {
    PVector v = PVector.random(LAYERS, 9);
    PMat other = diagonal();
    try (Audit audit = Audit.of(exact, List.of(v))) {
      Report report = audit.of(other, Damping.tikhonov(0.3));
      assertThat(report.frobeniusError()).isEmpty();
      PVector image = exact.mv(v);
      PVector theirs = other.mv(v);
      assertThat(report.productError().value())
          .isCloseTo(theirs.minus(image).norm() / image.norm(), within(1e-12));
      assertThat(report.productCosine().value())
          .isCloseTo(theirs.dot(image) / image.norm() / theirs.norm(), within(1e-12));
      assertThat(report.formError().value())
          .isCloseTo(Math.abs(v.dot(theirs) / v.dot(image) - 1), within(1e-12));
      PVector solved = other.solve(image.plus(0.3, v), Damping.tikhonov(0.3));
      assertThat(report.solveCosines().get(Damping.tikhonov(0.3)).value())
          .isCloseTo(solved.dot(v) / solved.norm() / v.norm(), within(1e-12));
      assertThat(report.productError().standardError()).isNaN();
    }
    assertThatThrownBy(() -> Audit.of(exact, List.<PVector>of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatDoesNotSolveSaysWhy() {
    PMat singular = diagonal().times(0);
    try (Audit audit = Audit.of(exact, Probes.gaussian(3, 4))) {
      Report report = audit.of(singular, Damping.tikhonov(0), Damping.tikhonov(1));
      assertThat(report.unsolved()).containsOnlyKeys(Damping.tikhonov(0));
      assertThat(report.unsolved().get(Damping.tikhonov(0))).contains("layer only", "singular");
      assertThat(report.solveCosines()).containsOnlyKeys(Damping.tikhonov(1));
    }
  }
}
