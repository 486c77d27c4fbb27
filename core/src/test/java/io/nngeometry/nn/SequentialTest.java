package io.nngeometry.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.Recording;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** What parts compute lives as long as it is needed, and what is others' longer. */
class SequentialTest {

  /** Doubles twice, and remembers the handles of what it computed and saw. */
  private static final class Nosy extends Module {
    private final List<Tensor> seen = new ArrayList<>();

    @Override
    public Tensor forward(Tensor x) {
      Tensor twice = x.add(x);
      seen.addAll(List.of(x, twice));
      return twice.add(twice);
    }
  }

  /** Gives a tensor of its own, whatever it sees. */
  private static final class Constant extends Module {
    private final Tensor value = ones(3); // in no scope, like the caller's

    @Override
    public Tensor forward(Tensor x) {
      return value;
    }
  }

  private static Tensor ones(long... shape) {
    return torch.ones(shape, Tensors.options(ScalarType.Double));
  }

  @Test
  void whatAPartComputesGoesWhenItEndsAndWhatItGivesAfterTheNextOne() {
    Nosy first = new Nosy();
    Nosy second = new Nosy();
    try (Scope scope = Scope.open()) {
      Tensor x = ones(3);
      Tensor y = new Sequential(first, second).forward(x);
      assertThat(Tensors.item(y.sum())).isEqualTo(3 * 16);
      assertThat(first.seen.get(0).isNull()).as("the caller's input").isFalse();
      assertThat(first.seen.get(1).isNull()).as("computed on the way").isTrue();
      assertThat(second.seen.get(0).isNull()).as("given to the next").isTrue();
      assertThat(second.seen.get(1).isNull()).as("computed on the way").isTrue();
    }
  }

  @Test
  void whatPassesThroughStaysItsOwners() {
    Tensor mine = ones(3); // in no scope: the garbage collector's
    Constant constant = new Constant();
    try (Scope scope = Scope.open()) {
      assertThat(Tensors.item(new Sequential(new Identity(), new Identity()).forward(mine).sum()))
          .isEqualTo(3);
      assertThat(Tensors.item(new Sequential(constant, new Nosy()).forward(mine).sum()))
          .isEqualTo(12);
    }
    try (Scope scope = Scope.open()) {
      assertThat(Tensors.item(mine.sum())).isEqualTo(3);
      assertThat(Tensors.item(constant.value.sum())).isEqualTo(3);
    }
  }

  @Test
  void theResultOutlivesAScopeThatKeepsItAndGoesWithTheOneThatDoesNot() {
    Sequential nothing = new Sequential();
    Sequential net = new Sequential(new Nosy());
    Tensor gone;
    try (Scope outer = Scope.open()) {
      Tensor x = ones(3);
      Tensor kept = Scope.keeping(() -> net.forward(x));
      assertThat(Tensors.item(kept.sum())).isEqualTo(12);
      try (Scope inner = Scope.open()) {
        gone = net.forward(x);
        assertThat(nothing.forward(x)).isSameAs(x);
      }
      assertThat(gone.isNull()).isTrue();
    }
  }

  @Test
  void gradientsReachThroughWhatHasGone() {
    Sequential net = new Sequential(new Linear(2, 3), new Sigmoid(), new Linear(3, 1));
    net.to(ScalarType.Double).initialize(1);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.randn(3, Tensors.options(ScalarType.Double), 4, 2).requires_grad_();
      Tensor y = net.forward(x);
      Tensor g = Tensors.gradients(y, torch.ones_like(y), List.of(x), false).get(0);
      Linear in = (Linear) net.parts().get(0);
      Linear out = (Linear) net.parts().get(2);
      Tensor s = torch.sigmoid(x.matmul(in.weight().tensor().t()).add(in.bias().tensor()));
      Tensor expected =
          s.mul(s.neg().add(Tensors.scalar(1)))
              .mul(out.weight().tensor())
              .matmul(in.weight().tensor());
      assertThat(Tensors.item(g.sub(expected).abs().max())).isLessThan(1e-14);
    }
  }

  @Test
  void aRecordingHoldsWhatLayersSawAndGave() {
    Sequential net = new Sequential(new Linear(2, 3), new ReLU(), new Linear(3, 1));
    net.to(ScalarType.Double).initialize(1);
    try (Scope scope = Scope.open();
        Recording recording = Recording.begin(LayerCollection.of(net), false)) {
      Tensor x = ones(4, 2);
      Tensor y = net.forward(x);
      List<LayerUse> uses = recording.uses();
      assertThat(Tensors.item(uses.get(1).input().sub(uses.get(0).output().relu()).abs().max()))
          .isZero();
      assertThat(Tensors.item(uses.get(1).output().sub(y).abs().max())).isZero();
    }
  }
}
