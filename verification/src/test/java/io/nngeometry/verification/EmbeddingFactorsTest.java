package io.nngeometry.verification;

import static io.nngeometry.fisher.Representation.BLOCK_DIAG;
import static io.nngeometry.fisher.Representation.DENSE;
import static io.nngeometry.fisher.Representation.DIAG;
import static io.nngeometry.fisher.Representation.EKFAC;
import static io.nngeometry.fisher.Representation.IMPLICIT;
import static io.nngeometry.fisher.Representation.KFAC;
import static io.nngeometry.fisher.Representation.KFAC_REDUCE;
import static io.nngeometry.fisher.Representation.LOW_RANK;
import static io.nngeometry.fisher.Representation.QUASI_DIAG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.nn.Embedding;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.QuasiDiagonalBlock;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tables: of any number of rows, since what is stored of their one-hot inputs is a diagonal; and
 * tables that are output layers too, whose two uses are one layer.
 */
class EmbeddingFactorsTest {
  private static final double TOLERANCE = 1e-10;

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Tokens to logits at every position, through one table: (n, T) to (n, T, V). */
  private static final class LanguageModel extends Module {
    private final Embedding token;
    private final Linear hidden;
    private final Linear out;

    /** The table's first user is the embedding, or the output layer with its bias. */
    LanguageModel(long words, long dim, long padding, boolean outputFirst) {
      if (outputFirst) {
        out = register("out", new Linear(dim, words));
        hidden = register("hidden", new Linear(dim, dim));
        token = register("token", Embedding.tied(out.weight()));
      } else {
        token =
            register(
                "token",
                padding < 0 ? new Embedding(words, dim) : new Embedding(words, dim, padding));
        hidden = register("hidden", new Linear(dim, dim));
        out = register("out", Linear.tied(token.weight(), true));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = token.forward(x);
      // every position sees those before it
      Tensor seen = h.cumsum(1).tanh();
      return out.forward(hidden.forward(seen).tanh());
    }
  }

  /** Tokens to a few logits: (n, T) to (n, c). */
  private static final class Classifier extends Module {
    private final Embedding token;
    private final Linear hidden;
    private final Linear out;
    private final boolean linear;

    Classifier(long words, long dim, boolean linear) {
      this.linear = linear;
      token = register("token", new Embedding(words, dim, 0));
      hidden = register("hidden", new Linear(dim, 4));
      out = register("out", new Linear(4, 3));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = hidden.forward(token.forward(x));
      return out.forward(Tensors.sum(linear ? h : h.tanh(), false, 1));
    }
  }

  /** A table that no example reads, and the layer that it is tied to. */
  private static final class OutputOnly extends Module {
    private final Linear hidden = register("hidden", new Linear(4, 3));
    private final Embedding token = register("token", new Embedding(5, 3));
    private final Linear out = register("out", Linear.tied(token.weight(), false));

    @Override
    public Tensor forward(Tensor x) {
      return out.forward(hidden.forward(x));
    }
  }

  private static <M extends Module> M ready(M net, long seed) {
    net.initialize(seed);
    net.to(ScalarType.Double);
    net.eval();
    return net;
  }

  private static Tensor tokens(long seed, long words, long... shape) {
    Tensor uniform =
        torch.rand(
            shape,
            new org.bytedeco.pytorch.GeneratorOptional(Tensors.generator(seed)),
            Tensors.options(ScalarType.Double));
    return Tensors.times(uniform, words).floor().to(ScalarType.Long);
  }

  private static Tensor normal(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  private static void assertClose(Tensor actual, Tensor expected, String what) {
    assertThat(Calculus.relativeError(actual, expected)).as(what).isLessThan(TOLERANCE);
  }

  private static void assertClose(double actual, double expected, String what) {
    assertThat(Math.abs(actual - expected) / Math.abs(expected)).as(what).isLessThan(TOLERANCE);
  }

  /** All outputs of example i in the parameters, (c, d), by plain autograd. */
  private static Tensor jacobian(Module net, LayerCollection layers, Tensor x, long i) {
    List<Tensor> leaves = Calculus.leaves(layers);
    Tensor f = net.forward(x.narrow(0, i, 1)).reshape(-1);
    List<Tensor> rows = new ArrayList<>();
    for (long k = 0; k < f.size(0); k++) {
      Tensor one = torch.ones(new long[0], Tensors.options(f));
      List<Tensor> g = Tensors.gradients(f.select(0, k), one, leaves, true);
      rows.add(Tensors.cat(g.stream().map(t -> t.reshape(-1)).toList(), 0));
    }
    return Tensors.stack(rows, 0);
  }

  /** The mean of J^T H J, with H of softmax at every position or the identity. */
  private static Tensor bruteForce(Module net, Tensor x, boolean categorical) {
    LayerCollection layers = LayerCollection.of(net);
    Tensor total = Tensors.zeros(normal(0, 1), layers.size(), layers.size());
    for (long i = 0; i < x.size(0); i++) {
      Tensor f = net.forward(x.narrow(0, i, 1)).detach();
      long classes = f.size(-1);
      Tensor j = jacobian(net, layers, x, i).view(-1, classes, layers.size());
      for (long t = 0; t < j.size(0); t++) {
        Tensor jt = j.select(0, t);
        Tensor h = Tensors.eye(jt, classes);
        if (categorical) {
          Tensor p = torch.softmax(f.reshape(-1, classes).select(0, t), 0);
          h = torch.diag(p).sub(p.outer(p));
        }
        total.add_(jt.t().matmul(h).matmul(jt));
      }
    }
    return total.div(Tensors.scalar(x.size(0)));
  }

  private static Tensor block(PMat m, String layer) {
    return ((LayerwisePMat) m).block(layer).toDense();
  }

  private record Case(String name, LanguageModel net, Tensor x) {}

  private static List<Case> languageModels() {
    return List.of(
        new Case(
            "embedding first", ready(new LanguageModel(5, 3, -1, false), 1), tokens(2, 5, 4, 3)),
        new Case("output first", ready(new LanguageModel(5, 3, -1, true), 3), tokens(4, 5, 4, 3)),
        new Case("padded", ready(new LanguageModel(4, 2, 0, false), 5), tokens(6, 4, 4, 3)),
        new Case("square", ready(new LanguageModel(3, 3, -1, false), 7), tokens(8, 3, 4, 2)));
  }

  @Test
  void tiedTablesAgreeWithTheBruteForceJacobian() {
    for (Case c : languageModels()) {
      for (boolean categorical : new boolean[] {true, false}) {
        String what = c.name + (categorical ? ", categorical" : ", gaussian");
        Tensor truth = bruteForce(c.net, c.x, categorical);
        Metric metric = categorical ? Metric.categorical(-1) : Metric.gaussian();
        Fisher fisher = Fisher.of(c.net, metric).on(Examples.of(c.x).batches(3));
        List<PMat> m =
            fisher.as(DENSE, BLOCK_DIAG, DIAG, QUASI_DIAG, LOW_RANK, IMPLICIT, KFAC, EKFAC);
        LayerCollection layers = m.get(0).layers();
        assertClose(m.get(0).toDense(), truth, what);
        assertClose(m.get(4).toDense(), truth, what + " low-rank");
        double trace = Tensors.item(truth.trace());
        for (int k : new int[] {0, 1, 2, 3, 4, 5, 7}) {
          assertClose(m.get(k).trace(), trace, what + " trace of " + m.get(k).representation());
        }
        for (int k : new int[] {1, 2, 3, 5}) {
          assertClose(m.get(k).diagonal().tensor(), truth.diagonal(), what + " diagonal");
        }
        for (Layer layer : layers.layers()) {
          Tensor mine = ContractCase.block(truth, layer);
          assertClose(block(m.get(1), layer.id()), mine, what + " block " + layer.id());
          if (((LayerwisePMat) m.get(3)).block(layer.id()) instanceof QuasiDiagonalBlock quasi) {
            assertClose(quasi.cross(), cross(layer, mine), what + " cross " + layer.id());
          }
          double kfac = Calculus.relativeError(block(m.get(6), layer.id()), mine);
          double ekfac = Calculus.relativeError(block(m.get(7), layer.id()), mine);
          assertThat(ekfac).as(what + " " + layer.id()).isLessThanOrEqualTo(kfac + 1e-12);
        }
        Layer table = layers.layers().get(0);
        assertThat(table.inputs()).isEqualTo(InputSide.BOTH);
        sharedBlock(what, table, truth, (LayerwisePMat) m.get(6), (LayerwisePMat) m.get(7));
      }
    }
  }

  /** Covariances of each weight with the bias of its row, (1, rows, columns). */
  private static Tensor cross(Layer layer, Tensor block) {
    MatrixLayout l = layer.rows().orElseThrow();
    Tensor weightsWithBiases = block.narrow(0, 0, l.rows() * l.columns());
    Tensor all =
        weightsWithBiases
            .narrow(1, l.rows() * l.columns(), l.rows())
            .reshape(l.rows(), l.columns(), l.rows());
    return all.diagonal(0, 0, 2).t().unsqueeze(0);
  }

  /** One Kronecker block serves both uses, with the partial traces of the exact one. */
  private static void sharedBlock(
      String what, Layer table, Tensor truth, LayerwisePMat kfac, LayerwisePMat ekfac) {
    MatrixLayout layout = table.matrix().orElseThrow();
    long p = layout.size();
    long v = layout.rows();
    long e = layout.width();
    // the exact block with indices (row, column, row', column')
    Tensor once = layout.toMatrix(ContractCase.block(truth, table).contiguous());
    Tensor exact = layout.toMatrix(once.reshape(p, p).t().contiguous()).view(v * e, v, e);
    exact = exact.view(v, e, v, e);
    Tensor overRows = exact.diagonal(0, 1, 3).sum(-1);
    Tensor overColumns = exact.diagonal(0, 0, 2).sum(-1);
    KroneckerBlock block = (KroneckerBlock) kfac.block(table.id());
    Tensor left = block.left().squeeze(0);
    Tensor right = block.right().squeeze(0);
    assertClose(Tensors.times(left, Tensors.item(right.trace())), overRows, what + " over rows");
    assertClose(
        Tensors.times(right, Tensors.item(left.trace())), overColumns, what + " over columns");
    assertClose(block.trace(), Tensors.item(ContractCase.block(truth, table).trace()), what);
    EigenKroneckerBlock eigen = (EigenKroneckerBlock) ekfac.block(table.id());
    Tensor basis =
        layout.toFlat(
            torch
                .kron(
                    eigen.leftBasis().squeeze(0).contiguous(),
                    eigen.rightBasis().squeeze(0).contiguous())
                .t()
                .contiguous()
                .view(p, 1, v, e));
    Tensor moments = basis.matmul(ContractCase.block(truth, table)).mul(basis).sum(1);
    assertClose(eigen.coefficients().reshape(-1), moments, what + " coefficients");
  }

  @Test
  void centredTiedTablesHaveTheCovariancesPartialTraces() {
    for (Case c : languageModels()) {
      Tensor labels = tokens(9, c.net.forward(c.x).size(-1), c.x.size(0), c.x.size(1));
      Fisher fisher =
          Fisher.of(c.net, Metric.categorical(-1))
              .on(Examples.of(c.x, labels).batches(3))
              .estimator(Estimator.empirical())
              .centred();
      List<PMat> m = fisher.as(DENSE, KFAC, EKFAC);
      Layer table = m.get(0).layers().layers().get(0);
      sharedBlock(
          c.name, table, m.get(0).toDense(), (LayerwisePMat) m.get(1), (LayerwisePMat) m.get(2));
    }
  }

  /** A block that is a Kronecker product is found, whichever side inputs could have been on. */
  @Test
  void aTiedTableThatNobodyReadsIsExactWhereItsOutputLayerIs() {
    Fisher fisher = Fisher.of(ready(new OutputOnly(), 1), Metric.gaussian(0.5));
    List<PMat> m = fisher.on(Examples.of(normal(2, 9, 4)).batches(4)).as(BLOCK_DIAG, KFAC, EKFAC);
    assertThat(m.get(0).layers().layer("token").inputs()).isEqualTo(InputSide.BOTH);
    for (int k : new int[] {1, 2}) {
      assertClose(block(m.get(k), "token"), block(m.get(0), "token"), "output only");
    }
    List<PMat> other =
        Fisher.of(ready(new OutputOnly(), 1), Metric.poisson())
            .on(Examples.of(normal(2, 9, 4)))
            .as(BLOCK_DIAG, KFAC);
    assertThat(Calculus.relativeError(block(other.get(1), "token"), block(other.get(0), "token")))
        .isGreaterThan(1e-2);
  }

  /** Where output gradients are the same for every token, frequencies times their moment is it. */
  @Test
  void tablesAreExactInLinearNetworksOfOnePosition() {
    Tensor one = tokens(2, 6, 20, 1);
    Fisher linear = Fisher.of(ready(new Classifier(6, 4, true), 1), Metric.gaussian());
    // padding takes part in the mean of output gradients, so leave it out
    Fisher fisher = linear.on(Examples.of(one.clamp_min(new org.bytedeco.pytorch.Scalar(1))));
    List<PMat> m = fisher.as(BLOCK_DIAG, KFAC, EKFAC);
    for (int k : new int[] {1, 2}) {
      assertClose(block(m.get(k), "token"), block(m.get(0), "token"), "linear");
    }
    List<PMat> several =
        linear.on(Examples.of(tokens(3, 6, 20, 4))).as(BLOCK_DIAG, KFAC, KFAC_REDUCE);
    assertThat(
            Calculus.relativeError(block(several.get(1), "token"), block(several.get(0), "token")))
        .isGreaterThan(1e-2);
  }

  private static final long WORDS = 50_000;
  private static final long DIM = 8;

  /** A net of many words, and one of the few that the examples read, with the same rows. */
  private static List<Classifier> largeAndSmall(Tensor words) {
    Classifier large = ready(new Classifier(WORDS, DIM, false), 1);
    Classifier small = ready(new Classifier(words.size(0), DIM, false), 2);
    try (GradMode none = GradMode.disabled()) {
      small.token.weight().tensor().copy_(large.token.weight().tensor().index_select(0, words));
      small.hidden.weight().tensor().copy_(large.hidden.weight().tensor());
      small.hidden.bias().tensor().copy_(large.hidden.bias().tensor());
      small.out.weight().tensor().copy_(large.out.weight().tensor());
      small.out.bias().tensor().copy_(large.out.bias().tensor());
    }
    return List.of(large, small);
  }

  /** A small net's vector as the large one's: rows in their places, zero elsewhere. */
  private static Tensor widened(Tensor small, Tensor words) {
    long table = words.size(0) * DIM;
    Tensor wide = Tensors.zeros(small, WORDS, DIM);
    wide.index_copy_(0, words, small.narrow(0, 0, table).view(words.size(0), DIM));
    return Tensors.cat(List.of(wide.reshape(-1), small.narrow(0, table, small.size(0) - table)), 0);
  }

  @Test
  void aLargeVocabularyCostsWhatIsRead() {
    // 0 is padding in both numberings
    Tensor words = Tensors.of(new long[] {0, 3, 77, 4096, 12345, 31000, 49_999}, 7);
    Tensor x = tokens(3, 7, 9, 5);
    List<Classifier> nets = largeAndSmall(words);
    MemoryBudget budget = new MemoryBudget(64 << 20);
    Fisher few = Fisher.of(nets.get(1), Metric.categorical()).on(Examples.of(x).batches(4));
    Tensor inLarge = words.index_select(0, x.reshape(-1)).view(9, 5);
    Fisher many =
        Fisher.of(nets.get(0), Metric.categorical())
            .on(Examples.of(inLarge).batches(4))
            .memoryBudget(budget);
    Representation[] kinds = {DIAG, QUASI_DIAG, KFAC, EKFAC, IMPLICIT};
    List<PMat> small = few.as(kinds);
    List<PMat> large = many.as(kinds);
    UnaryOperator<Tensor> wide = t -> widened(t, words);
    PVector v = PVector.random(small.get(0).layers(), 4);
    PVector w = PVector.of(large.get(0).layers(), wide.apply(v.tensor()));
    for (int k = 0; k < kinds.length; k++) {
      String what = kinds[k].name();
      PMat a = small.get(k);
      PMat b = large.get(k);
      assertClose(b.mv(w).tensor(), wide.apply(a.mv(v).tensor()), what);
      assertClose(b.trace(), a.trace(), what + " trace");
      assertClose(b.diagonal().tensor(), wide.apply(a.diagonal().tensor()), what + " diagonal");
      if (kinds[k] != IMPLICIT) {
        Damping damping = Damping.tikhonov(0.1);
        assertClose(
            b.solve(w, damping).tensor(),
            wide.apply(a.solve(v, damping).tensor()),
            what + " solve");
        assertClose(b.frobeniusNorm(), a.frobeniusNorm(), what + " norm");
        assertThat(b.bytes()).as(what).isLessThan(3 * WORDS * DIM * 8);
      }
    }
    KroneckerBlock kfac = (KroneckerBlock) ((LayerwisePMat) large.get(2)).block("token");
    assertThat(Tensors.shape(kfac.left())).containsExactly(1, WORDS);
    // a vocabulary's square does not fit, and the answer says what does
    for (Representation r : List.of(KFAC_REDUCE, BLOCK_DIAG)) {
      assertThatThrownBy(() -> many.as(r))
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessageContaining(r.name())
          .hasMessageContaining("what fits is")
          .hasMessageContaining("kfac (")
          .hasMessageContaining("ekfac (");
    }
  }

  @Test
  void aLargeTiedVocabularyHasADiagonalAndRefusesFactorsThatDoNotFit() {
    LanguageModel net = ready(new LanguageModel(20_000, 4, -1, false), 1);
    Fisher fisher =
        Fisher.of(net, Metric.categorical(-1))
            .on(Examples.of(tokens(2, 20_000, 3, 2)).batches(2))
            .estimator(Estimator.monteCarlo(1, 3))
            .memoryBudget(new MemoryBudget(256 << 20));
    List<PMat> m = fisher.as(DIAG, IMPLICIT);
    PVector v = PVector.random(m.get(0).layers(), 4);
    assertClose(m.get(0).trace(), m.get(1).trace(), "trace");
    assertThat(m.get(1).quadraticForm(v)).isPositive();
    assertThatThrownBy(() -> fisher.as(KFAC))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageContaining("a kfac matrix")
        .hasMessageContaining("diag (");
  }
}
