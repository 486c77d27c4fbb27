package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tangents of linear maps, and the half of a first layer's work that is left out. */
class ForwardModeTest {
  private Scope scope;
  private final Tensor x = randn(1, 5, 4);
  private final Tensor dx = randn(2, 5, 4);
  private final Tensor w = randn(3, 3, 4);
  private final Tensor dw = randn(4, 3, 4);
  private final Tensor b = randn(5, 3);
  private final Tensor db = randn(6, 3);

  private static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** What a map was applied to. */
  private static final class Applications {
    private final List<Tensor> weights = new ArrayList<>();

    Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
      return ForwardMode.linear(
          x,
          weight,
          bias,
          (in, v, c) -> {
            weights.add(v);
            return torch.linear(in, v, Tensors.optional(c));
          });
    }

    /** Whether the map was applied to the weight and to its tangent, one after the other. */
    boolean apart() {
      return weights.size() == 2;
    }
  }

  private static void assertClose(Tensor a, Tensor expected) {
    assertThat(Tensors.item(a.sub(expected).norm()))
        .isLessThan(1e-12 * (1 + Tensors.item(expected.norm())));
  }

  private Tensor change(boolean ofX, boolean ofWeight, boolean ofBias) {
    Tensor total = Tensors.zeros(x, 5, 3);
    total = ofX ? total.add(dx.matmul(w.t())) : total;
    total = ofWeight ? total.add(x.matmul(dw.t())) : total;
    return ofBias ? total.add(db) : total;
  }

  @Test
  void everyCombinationOfTangentsIsRight() {
    for (int k = 0; k < 16; k++) {
      boolean ofX = (k & 1) != 0;
      boolean ofWeight = (k & 2) != 0;
      boolean hasBias = (k & 4) != 0;
      boolean ofBias = (k & 8) != 0 && hasBias;
      try (ForwardMode mode = ForwardMode.enter()) {
        Applications map = new Applications();
        Tensor y =
            map.linear(
                ofX ? mode.dual(x, dx) : x,
                ofWeight ? mode.dual(w, dw) : w,
                !hasBias ? null : ofBias ? mode.dual(b, db) : b);
        String what = "x %s, weight %s, bias %s of %s".formatted(ofX, ofWeight, ofBias, hasBias);
        assertClose(mode.tangent(y), change(ofX, ofWeight, ofBias));
        assertClose(y.detach(), hasBias ? x.matmul(w.t()).add(b) : x.matmul(w.t()));
        // apart only where all parameters change and the input does not
        boolean first = !ofX && ofWeight && (!hasBias || ofBias);
        assertThat(map.apart()).as(what).isEqualTo(first);
        if (first) {
          assertClose(map.weights.get(0), w);
          assertClose(map.weights.get(1), dw);
          map.weights.forEach(v -> assertThat(isDual(mode, v)).as(what).isFalse());
        }
      }
    }
  }

  private static boolean isDual(ForwardMode mode, Tensor t) {
    return Tensors.item(mode.tangent(t).abs().max()) != 0;
  }

  @Test
  void outsideTheLevelTheMapIsAppliedOnceToWhatWasGiven() {
    Applications map = new Applications();
    assertClose(map.linear(x, w, b), x.matmul(w.t()).add(b));
    assertThat(map.weights).hasSize(1);
    assertThat(map.weights.get(0)).isSameAs(w);
  }

  @Test
  void anotherThreadsLevelIsNotSeen() throws Exception {
    try (ForwardMode mode = ForwardMode.enter()) {
      Tensor dual = mode.dual(w, dw);
      assertThat(isDual(mode, dual)).isTrue();
      Applications map = new Applications();
      Thread other = new Thread(() -> map.linear(x, w, null));
      other.start();
      other.join();
      assertThat(map.weights).hasSize(1);
    }
  }

  @Test
  void theTwoHalvesCarryTheReverseGraph() {
    Tensor leaf = w.detach().clone().set_requires_grad(true);
    Tensor y;
    Tensor tangent;
    try (ForwardMode mode = ForwardMode.enter()) {
      y = new Applications().linear(x, mode.dual(leaf, dw), null).square();
      tangent = mode.tangent(y);
    }
    // d/dw sum (x w^T)^2 = 2 (x w^T)^T x, and its tangent 2 (x w^T) * (x dw^T)
    Tensor f = x.matmul(w.t());
    assertClose(tangent.detach(), Tensors.times(f.mul(x.matmul(dw.t())), 2));
    Tensor ones = torch.ones_like(y.detach());
    assertClose(
        Tensors.gradients(y, ones, List.of(leaf), false).get(0), Tensors.times(f.t().matmul(x), 2));
  }

  @Test
  void levelsDoNotNestAndMayBeEnteredAgain() {
    try (ForwardMode mode = ForwardMode.enter()) {
      assertThatThrownBy(ForwardMode::enter)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("does not nest");
      assertThat(Tensors.item(mode.tangent(x).abs().max())).isZero();
    }
    try (ForwardMode mode = ForwardMode.enter()) {
      assertClose(mode.tangent(mode.dual(x, dx)), dx);
    }
  }
}
