package io.nngeometry.nn;

import static io.nngeometry.layers.PerExampleOracle.check;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;

import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Reparametrised weights against autograd, one example at a time. */
class ReparametrisedLayersTest {
  @Property(tries = 15)
  void weightNorm1d(@ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 1, 4);
    assertRight(new WeightNorm1d(shape[rank - 1], draw.between(1, 4), draw.eps()), seed, shape);
  }

  @Property(tries = 15)
  void cosine(@ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 1, 4);
    assertRight(new Cosine1d(shape[rank - 1], draw.between(1, 4), draw.eps()), seed, shape);
  }

  @Property(tries = 20)
  void weightNorm2d(@ForAll long seed, @ForAll PaddingMode mode) {
    Draw draw = new Draw(seed);
    long groups = draw.between(1, 2);
    ConvOptions options =
        ConvOptions.of(2 * groups, groups * draw.between(1, 2), draw.each(2, 1, 3))
            .groups(groups)
            .stride(draw.between(1, 2))
            .padding(draw.between(0, 1))
            .paddingMode(mode);
    assertRight(new WeightNorm2d(options, draw.eps()), seed, 3, 2 * groups, 4, 5);
  }

  @Property(tries = 5)
  void inOneNet(@ForAll long seed) {
    Module net =
        new Sequential(
            new WeightNorm1d(3, 5), new Tanh(), new Cosine1d(5, 4, 0.3), new WeightNorm1d(4, 2));
    assertRight(net, seed, 4, 3);
  }

  private static void assertRight(Module net, long seed, long... shape) {
    try (Scope scope = Scope.open()) {
      check(randomised(net, seed), randn(seed, shape));
    }
  }
}
