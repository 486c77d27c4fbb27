package io.nngeometry.layers;

import static io.nngeometry.layers.PerExampleOracle.assertClose;
import static io.nngeometry.layers.PerExampleOracle.byAutograd;
import static io.nngeometry.layers.PerExampleOracle.explicit;
import static io.nngeometry.layers.PerExampleOracle.gradients;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.BackwardGraph;
import io.nngeometry.engine.Scope;
import io.nngeometry.nn.Init;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a recorded pass refuses, and what it does instead. */
class RecordingTest {
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static final class InPlace extends Module {
    private final Linear first = register("first", new Linear(3, 4));
    private final Linear second = register("second", new Linear(4, 2));

    @Override
    public Tensor forward(Tensor x) {
      return second.forward(first.forward(torch.tanh(x)).mul(x.select(1, 0).unsqueeze(1)).relu_());
    }
  }

  private static final class OverwritesOutput extends Module {
    private final Linear first = register("first", new Linear(3, 3));
    private final Linear second = register("second", new Linear(3, 3));

    @Override
    public Tensor forward(Tensor x) {
      return second.forward(first.forward(x)).relu_();
    }
  }

  private static final class OverwritesInput extends Module {
    private final Linear first = register("first", new Linear(3, 3));

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = torch.tanh(x);
      Tensor y = first.forward(h);
      h.zero_();
      return y;
    }
  }

  private static final class Raw extends Module {
    private final Linear first = register("first", new Linear(3, 4));
    private final Parameter scale = register("scale", Init.ones(4));

    @Override
    public Tensor forward(Tensor x) {
      return torch.tanh(first.forward(x)).mul(scale.value()).add(scale.value());
    }
  }

  private static final class RawUseOfALayersWeight extends Module {
    private final Linear first = register("first", new Linear(3, 3));

    @Override
    public Tensor forward(Tensor x) {
      return torch.matmul(torch.tanh(first.forward(x)), first.weight().value());
    }
  }

  @Test
  void overwritingWhatNoLayerGaveIsAllowed() {
    PerExampleOracle.check(randomised(new InPlace(), 1), randn(2, 3, 3));
  }

  @Test
  void overwrittenOutputsAndInputsAreRefused() {
    for (Module net : new Module[] {new OverwritesOutput(), new OverwritesInput()}) {
      randomised(net, 1);
      try (Recording pass = Recording.begin(LayerCollection.of(net), false)) {
        net.forward(randn(2, 4, 3));
        assertThatThrownBy(pass::checkUnmodified)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining(net instanceof OverwritesOutput ? "second" : "first")
            .hasMessageContaining("in place");
      }
    }
  }

  @Test
  void aParameterReadOutsideALayerIsNamed() {
    Module net = randomised(new Raw(), 1);
    LayerCollection all = LayerCollection.of(net);
    try (Recording pass = Recording.begin(all, false)) {
      assertThatThrownBy(() -> net.forward(randn(2, 4, 3)))
          .isInstanceOfSatisfying(
              UncoveredParameterException.class,
              e -> assertThat(e.parameters()).containsExactly("scale"));
    }
    assertThat(ForwardPass.current()).isNotInstanceOf(Recording.class);
    PerExampleOracle.check(net, all.without("scale"), randn(2, 4, 3));
  }

  @Test
  void theFallbackTakesOneExampleAtATime() {
    for (Module net : new Module[] {new Raw(), new RawUseOfALayersWeight()}) {
      randomised(net, 1);
      LayerCollection all = LayerCollection.of(net);
      Tensor x = randn(2, 1, 3);
      Tensor cotangent = PerExampleOracle.cotangent(net, x);
      Tensor expected = byAutograd(net, all, x, cotangent);
      try (Recording pass = Recording.begin(all, true)) {
        Tensor actual = explicit(gradients(net.forward(x), pass, all, cotangent));
        assertClose(actual, expected, "fallback");
      }
    }
  }

  @Test
  void recordedPassesDoNotReachTheParameters() {
    Module net = randomised(new OverwritesInput(), 1);
    try (Recording pass = Recording.begin(LayerCollection.of(net), false)) {
      net.forward(randn(2, 4, 3));
      LayerUse use = pass.uses().get(0);
      // a view of a leaf: behind it there is nothing
      assertThat(BackwardGraph.of(use.output()).reachedWithout(-1).cardinality()).isEqualTo(2);
      assertThat(use.input().requires_grad()).isFalse();
      assertThat(use.examples()).isEqualTo(4);
    }
  }
}
