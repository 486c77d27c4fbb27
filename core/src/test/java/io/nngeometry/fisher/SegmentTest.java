package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Backward part by part brings what backward at once does, whatever the paths of a network. */
class SegmentTest {
  private static final int WIDTH = 6;
  private static final int DEPTH = 12;

  private final Scope scope = Scope.open();

  @AfterEach
  void close() {
    scope.close();
  }

  /** Twelve layers of one width, and what is done with them. */
  private static final class Net extends Module {
    private final List<Linear> layers = new ArrayList<>();
    private final BiFunction<List<Linear>, Tensor, Tensor> computation;

    Net(BiFunction<List<Linear>, Tensor, Tensor> computation) {
      this.computation = computation;
      for (int k = 0; k < DEPTH; k++) {
        layers.add(register("layer" + k, new Linear(WIDTH, WIDTH)));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      return computation.apply(layers, x);
    }
  }

  private static Tensor chain(List<Linear> layers, Tensor x) {
    Tensor h = x;
    for (Linear layer : layers) {
      h = torch.tanh(layer.forward(h));
    }
    return h;
  }

  @Test
  void chainsAreCutIntoPartsOfAboutOneSize() {
    List<Integer> sizes = check(SegmentTest::chain);
    assertThat(sizes).hasSizeBetween(3, 6).allMatch(size -> size <= 4);
  }

  @Test
  void chainsWithoutOperationsBetweenLayersAreCutToo() {
    assertThat(check((layers, x) -> layers.stream().reduce(x, (h, l) -> l.forward(h), (a, b) -> b)))
        .hasSizeGreaterThan(2);
  }

  @Test
  void pathsAroundBlocksAreCutBetweenThem() {
    assertThat(
            check(
                (layers, x) -> {
                  Tensor h = x;
                  for (int k = 0; k < DEPTH; k += 2) {
                    Tensor inner = torch.tanh(layers.get(k).forward(h));
                    h = torch.tanh(layers.get(k + 1).forward(inner).add(h));
                  }
                  return h;
                }))
        .hasSizeGreaterThan(2);
  }

  @Test
  void whatAPathGoesAroundIsNotCut() {
    assertThat(
            check(
                (layers, x) -> {
                  Tensor first = torch.tanh(layers.get(0).forward(x));
                  return chain(layers.subList(1, DEPTH), first).add(first);
                }))
        .hasSize(1);
  }

  @Test
  void layersThatAreUsedAgainStayTogether() {
    assertThat(check((layers, x) -> layers.get(0).forward(chain(layers, x)))).hasSize(1);
    assertThat(
            check(
                (layers, x) -> {
                  Tensor h = chain(layers.subList(0, 6), x);
                  return chain(layers.subList(6, DEPTH), layers.get(5).forward(h));
                }))
        .hasSizeGreaterThan(1);
  }

  @Test
  void severalResultsOfOneOperationAreSeveralPaths() {
    assertThat(
            check(
                (layers, x) -> {
                  Tensor h = chain(layers.subList(0, 4), x);
                  var halves = torch.chunk(h, 2, 1);
                  Tensor left = torch.cat(Tensors.vector(List.of(halves.get(0), halves.get(0))), 1);
                  Tensor right =
                      torch.cat(Tensors.vector(List.of(halves.get(1), halves.get(1))), 1);
                  Tensor a = chain(layers.subList(4, 7), left);
                  Tensor b = chain(layers.subList(7, 10), right);
                  return chain(layers.subList(10, DEPTH), a.mul(b));
                }))
        .hasSizeGreaterThan(1);
  }

  @Test
  void layersOfWhichNothingComesGetZeros() {
    check(
        (layers, x) -> {
          Tensor h = chain(layers.subList(0, 6), x);
          chain(layers.subList(6, 9), h);
          return chain(layers.subList(9, DEPTH), h);
        });
  }

  /** Compares the two, and tells how many uses every part has. */
  private static List<Integer> check(BiFunction<List<Linear>, Tensor, Tensor> computation) {
    Module net = new Net(computation).to(ScalarType.Double).initialize(3);
    net.eval();
    Tensor x = Tensors.randn(5, Tensors.options(ScalarType.Double), 4, WIDTH);
    Pass pass = Pass.of(net, LayerCollection.of(net), Examples.of(x));
    List<Integer> sizes = new ArrayList<>();
    pass.forEachRecorded(
        recorded -> {
          Tensor cotangent = Tensors.randn(7, Tensors.options(ScalarType.Double), 4, WIDTH);
          Map<LayerUse, Tensor> expected = recorded.signals(cotangent, false).byUse();
          Map<LayerUse, Tensor> actual = new IdentityHashMap<>();
          Tensor at = cotangent;
          for (Segment segment : recorded.segments()) {
            Segment.Brought brought = segment.backward(at, false);
            actual.putAll(brought.signals().byUse());
            sizes.add(segment.uses().size());
            segment
                .inputs()
                .values()
                .forEach(in -> assertThat(segment.uses()).containsAll(in.uses()));
            at = brought.beyond().orElse(at);
          }
          assertThat(actual).hasSameSizeAs(expected);
          expected.forEach(
              (use, signal) -> {
                Tensor mine = Objects.requireNonNull(actual.get(use));
                assertThat(Tensors.item(mine.sub(signal).norm()))
                    .isLessThanOrEqualTo(1e-12 * Tensors.item(signal.norm()));
              });
        });
    assertThat(sizes.stream().mapToInt(k -> k).sum()).isGreaterThanOrEqualTo(DEPTH);
    return sizes;
  }
}
