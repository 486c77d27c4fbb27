package io.nngeometry.verification;

import static io.nngeometry.fisher.Representation.BLOCK_DIAG;
import static io.nngeometry.fisher.Representation.EKFAC;
import static io.nngeometry.fisher.Representation.KFAC;
import static io.nngeometry.fisher.Representation.KFAC_REDUCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.nn.AvgPool2d;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import io.nngeometry.nn.Tanh;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Where Kronecker factors are no approximation, and what holds between them and the exact block
 * where they are. Each case has its near miss, for which the equality must fail.
 */
class KroneckerExactnessTest {
  private static final double TOLERANCE = 1e-10;

  /** What no rounding explains. */
  private static final double APART = 1e-2;

  private static final Map<String, Metric> METRICS =
      Map.of(
          "categorical", Metric.categorical(),
          "bernoulli", Metric.bernoulli(),
          "gaussian", Metric.gaussian(0.5),
          "poisson", Metric.poisson());

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** (n, S, features) to (n, features): the sum over positions, or the mean. */
  private static final class Pool extends Module {
    private final boolean mean;

    Pool(boolean mean) {
      this.mean = mean;
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor sum = Tensors.sum(x, false, 1);
      return mean ? sum.div(Tensors.scalar(x.size(1))) : sum;
    }
  }

  private static Module net(long seed, Module... parts) {
    return new Sequential(parts).initialize(seed).to(ScalarType.Double).eval();
  }

  private static Module mlp(long seed) {
    return net(seed, new Linear(4, 5), new Tanh(), new Linear(5, 4), new Tanh(), new Linear(4, 3));
  }

  private static Module convolutions(long seed) {
    return net(
        seed,
        new Conv2d(ConvOptions.of(2, 4, 3).padding(1).groups(2)),
        new Tanh(),
        new Conv2d(4, 3, 2),
        new Tanh(),
        new Flatten(),
        new Linear(3 * 9, 3));
  }

  private static Module deepLinear(long seed) {
    return net(seed, new Linear(4, 5), new Linear(5, 4, false), new Linear(4, 3));
  }

  private static Tensor normal(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  private static Fisher fisher(Module net, Metric metric, Tensor inputs) {
    return Fisher.of(net, metric).on(Examples.of(inputs).batches(3));
  }

  /** Relative to the exact block of each layer: the greatest error. */
  private static double error(Fisher fisher, Representation representation) {
    List<PMat> both = fisher.as(BLOCK_DIAG, representation);
    double greatest = 0;
    for (Layer layer : both.get(0).layers().layers()) {
      greatest =
          Math.max(
              greatest,
              Calculus.relativeError(block(both.get(1), layer), block(both.get(0), layer)));
    }
    return greatest;
  }

  private static Tensor block(PMat matrix, Layer layer) {
    return ((LayerwisePMat) matrix).block(layer.id()).toDense();
  }

  private static void assertExact(String what, Fisher fisher, Representation... representations) {
    for (Representation r : representations) {
      assertThat(error(fisher, r)).as("%s, %s", what, r).isLessThan(TOLERANCE);
    }
  }

  private static void assertApart(String what, Fisher fisher, Representation... representations) {
    for (Representation r : representations) {
      assertThat(error(fisher, r)).as("%s, %s", what, r).isGreaterThan(APART);
    }
  }

  /** One example, one position: sum_k (g_k (x) a)(g_k (x) a)^T = (sum_k g_k g_k^T) (x) a a^T. */
  @Test
  void oneExampleIsAProduct() {
    for (Map.Entry<String, Metric> m : METRICS.entrySet()) {
      Fisher one = fisher(mlp(1), m.getValue(), normal(2, 1, 4));
      assertExact(m.getKey(), one, KFAC, KFAC_REDUCE, EKFAC);
      assertExact(m.getKey(), one.estimator(Estimator.monteCarlo(3, 4)), KFAC, KFAC_REDUCE, EKFAC);
      assertApart(m.getKey(), fisher(mlp(1), m.getValue(), normal(2, 7, 4)), KFAC, EKFAC);
    }
    Fisher positions =
        fisher(
            net(1, new Linear(4, 5), new Tanh(), new Linear(5, 3), new Pool(false)),
            Metric.gaussian(),
            normal(2, 1, 6, 4));
    assertApart("one example, six positions", positions, KFAC, KFAC_REDUCE);
  }

  /** The same input again and again: inputs do not vary, so their moment comes out of the mean. */
  @Test
  void equalInputsAreAProductWhateverTheirLabels() {
    Tensor inputs = normal(2, 1, 4).repeat(8, 1);
    Tensor labels = Tensors.of(new long[] {0, 1, 2, 0, 0, 1, 2, 2}, 8);
    Fisher fisher =
        Fisher.of(mlp(1), Metric.categorical()).on(Examples.of(inputs, labels).batches(3));
    assertExact("exact", fisher, KFAC, KFAC_REDUCE, EKFAC);
    for (Estimator e : List.of(Estimator.empirical(), Estimator.monteCarlo(2, 3))) {
      assertExact(e.toString(), fisher.estimator(e), KFAC, KFAC_REDUCE, EKFAC);
    }
    Fisher others =
        Fisher.of(mlp(1), Metric.categorical())
            .on(Examples.of(normal(2, 8, 4), labels).batches(3))
            .estimator(Estimator.empirical());
    assertApart("other inputs", others, KFAC, EKFAC);
  }

  /**
   * A deep linear network with squared error: output gradients are products of weights, the same
   * for every example (Bernacchia, Lengyel and Hennequin 2018).
   */
  @Test
  void deepLinearNetworksAreProductsUnderTheGaussianMetric() {
    Tensor inputs = normal(2, 11, 4);
    Tensor root = normal(3, 3, 3);
    Tensor covariance = root.matmul(root.t()).add(Tensors.eye(root, 3));
    assertExact(
        "identity", fisher(deepLinear(1), Metric.gaussian(), inputs), KFAC, KFAC_REDUCE, EKFAC);
    assertExact(
        "covariance",
        fisher(deepLinear(1), Metric.gaussian(covariance), inputs),
        KFAC,
        KFAC_REDUCE,
        EKFAC);
    // a metric that depends on the outputs, or a labelled error that does, undoes it
    Fisher poisson = fisher(deepLinear(1), Metric.poisson(), inputs);
    assertApart("poisson", poisson, KFAC, KFAC_REDUCE);
    Fisher empirical =
        Fisher.of(deepLinear(1), Metric.gaussian())
            .on(Examples.of(inputs, normal(5, 11, 3)))
            .estimator(Estimator.empirical());
    assertApart("empirical", empirical, KFAC, KFAC_REDUCE);
  }

  /**
   * Positions joined by a sum or mean before the loss: 'reduce' is exact for a linear network
   * (Eschenhagen et al. 2023, section 3), 'expand' is not.
   */
  @Test
  void reduceIsExactForLinearNetworksThatPoolTheirPositions() {
    for (boolean mean : new boolean[] {true, false}) {
      Module shared =
          net(1, new Linear(4, 5), new Linear(5, 4, false), new Pool(mean), new Linear(4, 3));
      Fisher fisher = fisher(shared, Metric.gaussian(), normal(2, 11, 6, 4));
      assertExact("pooled, mean " + mean, fisher, KFAC_REDUCE);
      assertApart("pooled, mean " + mean, fisher, KFAC);
    }
    Module convolution =
        net(1, new Conv2d(2, 3, 2), new AvgPool2d(3), new Flatten(), new Linear(3, 2));
    Fisher fisher = fisher(convolution, Metric.gaussian(), normal(2, 11, 2, 4, 4));
    assertExact("convolution", fisher, KFAC_REDUCE);
    assertApart("convolution", fisher, KFAC);
  }

  /**
   * Positions with outputs of their own: 'expand' is exact for a linear network (Eschenhagen et al.
   * 2023, section 3), 'reduce' is not.
   */
  @Test
  void expandIsExactForLinearNetworksWithAnOutputAPosition() {
    Fisher fisher = fisher(deepLinear(1), Metric.gaussian(), normal(2, 11, 6, 4));
    assertExact("linear", fisher, KFAC);
    assertApart("linear", fisher, KFAC_REDUCE);
    // 1x1 convolutions are such a network; wider ones mix positions
    Module pointwise = net(1, new Conv2d(2, 3, 1), new Conv2d(3, 2, 1));
    assertExact("1x1", fisher(pointwise, Metric.gaussian(), normal(2, 5, 2, 3, 3)), KFAC);
    Module wider = net(1, new Conv2d(2, 3, 1), new Conv2d(3, 2, 3));
    assertApart("3x3", fisher(wider, Metric.gaussian(), normal(2, 5, 2, 4, 4)), KFAC);
  }

  /** EKFAC's coefficients are the best diagonal in KFAC's basis (George et al. 2018, section 3). */
  @Test
  void ekfacIsNeverFartherFromTheExactBlockThanKfac() {
    int blocks = 0;
    int nearer = 0;
    for (long seed = 0; seed < 8; seed++) {
      for (Fisher fisher : randomFishers(seed)) {
        List<PMat> m = fisher.as(BLOCK_DIAG, KFAC, EKFAC);
        for (Layer layer : m.get(0).layers().layers()) {
          Tensor exact = block(m.get(0), layer);
          double kfac = Calculus.relativeError(block(m.get(1), layer), exact);
          double ekfac = Calculus.relativeError(block(m.get(2), layer), exact);
          assertThat(ekfac).as("%s, seed %d", layer.id(), seed).isLessThanOrEqualTo(kfac + 1e-12);
          blocks++;
          nearer += ekfac < 0.99 * kfac ? 1 : 0;
        }
      }
    }
    assertThat(nearer).as("strictly nearer, of %d", blocks).isGreaterThan(blocks * 3 / 4);
  }

  private static List<Fisher> randomFishers(long seed) {
    return List.of(
        fisher(mlp(seed), Metric.categorical(), normal(100 + seed, 10, 4)),
        fisher(convolutions(seed), Metric.categorical(), normal(100 + seed, 10, 2, 4, 4)));
  }

  /** u^T F u for every vector u of the basis, which add up to the trace. */
  @Test
  void ekfacHasTheExactDiagonalInItsBasis() {
    for (long seed = 0; seed < 3; seed++) {
      for (Fisher fisher : randomFishers(seed)) {
        List<PMat> m = fisher.as(BLOCK_DIAG, EKFAC, KFAC);
        for (Layer layer : m.get(0).layers().layers()) {
          EigenKroneckerBlock ekfac =
              (EigenKroneckerBlock) ((LayerwisePMat) m.get(1)).block(layer.id());
          Tensor exact = block(m.get(0), layer);
          Tensor basis = basis(layer.matrix().orElseThrow(), ekfac);
          Tensor moments = basis.matmul(exact).mul(basis).sum(1);
          assertThat(Calculus.relativeError(ekfac.coefficients().reshape(-1), moments))
              .as("%s, seed %d", layer.id(), seed)
              .isLessThan(TOLERANCE);
          assertThat(
                  Calculus.relativeError(
                      basis.matmul(basis.t()), Tensors.eye(basis, basis.size(0))))
              .isLessThan(TOLERANCE);
          double trace = Tensors.item(exact.trace());
          assertThat(Math.abs(ekfac.trace() - trace) / trace).isLessThan(TOLERANCE);
        }
        double all = m.get(0).trace();
        assertThat(Math.abs(m.get(1).trace() - all) / all).isLessThan(TOLERANCE);
        assertThat(Math.abs(m.get(2).trace() - all) / all).isGreaterThan(1e-4);
      }
    }
  }

  /** The products of left and right eigenvectors as flat rows, in the order of coefficients. */
  private static Tensor basis(MatrixLayout layout, EigenKroneckerBlock ekfac) {
    long groups = layout.groups();
    long rows = layout.rows();
    long width = layout.width();
    long r = ekfac.leftBasis().size(-1);
    long q = ekfac.rightBasis().size(-1);
    Tensor matrices = Tensors.zeros(ekfac.leftBasis(), groups, r, q, groups, rows, width);
    for (long g = 0; g < groups; g++) {
      // (r, 1, rows, 1) times (1, q, 1, width)
      Tensor left = ekfac.leftBasis().select(0, g).t().unsqueeze(1).unsqueeze(3);
      Tensor right = ekfac.rightBasis().select(0, g).t().unsqueeze(0).unsqueeze(2);
      matrices.select(0, g).select(2, g).copy_(left.mul(right));
    }
    return layout.toFlat(matrices).reshape(groups * r * q, layout.size());
  }
}
