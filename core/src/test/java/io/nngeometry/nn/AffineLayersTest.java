package io.nngeometry.nn;

import static io.nngeometry.layers.PerExampleOracle.check;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Elementwise affine maps of normalised inputs against autograd, one example at a time. */
class AffineLayersTest {
  @Property(tries = 15)
  void batchNorm(@ForAll long seed, @ForAll @IntRange(min = 2, max = 5) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 1, 4);
    double eps = draw.eps();
    assertRight(
        switch (rank) {
          case 2, 3 -> new BatchNorm1d(shape[1], eps, 0.1, true);
          case 4 -> new BatchNorm2d(shape[1], eps, 0.1, true);
          default -> new BatchNorm3d(shape[1], eps, 0.1, true);
        },
        seed,
        shape);
  }

  @Property(tries = 15)
  void instanceNorm(@ForAll long seed, @ForAll @IntRange(min = 3, max = 5) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 2, 4);
    double eps = draw.eps();
    assertRight(
        switch (rank) {
          case 3 -> new InstanceNorm1d(shape[1], eps, true);
          case 4 -> new InstanceNorm2d(shape[1], eps, true);
          default -> new InstanceNorm3d(shape[1], eps, true);
        },
        seed,
        shape);
  }

  @Property(tries = 15)
  void groupNorm(@ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 2, 4);
    long groups = draw.between(1, 3);
    shape[1] *= groups;
    assertRight(new GroupNorm(groups, shape[1], draw.eps(), true), seed, shape);
  }

  @Property(tries = 20)
  void layerNorm(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int axes, @ForAll boolean bias) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(axes + (int) draw.between(1, 2), 2, 3);
    long[] last = Arrays.copyOfRange(shape, shape.length - axes, shape.length);
    assertRight(new LayerNorm(last, draw.eps(), true, bias), seed, shape);
  }

  @Property(tries = 20)
  void rmsNorm(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 2) int axes, @ForAll boolean given) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(axes + (int) draw.between(1, 2), 2, 3);
    long[] last = Arrays.copyOfRange(shape, shape.length - axes, shape.length);
    assertRight(given ? new RMSNorm(last, draw.eps(), true) : new RMSNorm(last), seed, shape);
  }

  @Property(tries = 15)
  void affine(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank, @ForAll boolean bias) {
    long[] shape = new Draw(seed).each(rank, 1, 4);
    assertRight(new Affine1d(shape[1], bias), seed, shape);
  }

  @Property(tries = 15)
  void prelu(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank, @ForAll boolean each) {
    long[] shape = new Draw(seed).each(rank, 1, 4);
    assertRight(each ? new PReLU(shape[1]) : new PReLU(), seed, shape);
  }

  @Property(tries = 10)
  void normsBetweenOtherLayers(@ForAll long seed) {
    Module net =
        new Sequential(
            new Conv2d(2, 4, 3),
            new BatchNorm2d(4, 0.01, 0.1, true),
            new PReLU(4),
            new GroupNorm(2, 4),
            new InstanceNorm2d(4, 0.1, true),
            new Flatten(2, -1),
            new LayerNorm(6),
            new SiLU(),
            new RMSNorm(new long[] {4, 6}, 0.2, true),
            new Linear(6, 2));
    assertRight(net, seed, 3, 2, 4, 5);
  }

  @Test
  void withoutScaleAndShiftThereIsNoLayer() {
    Module net =
        new Sequential(
            new BatchNorm2d(3, 1e-5, 0.1, false),
            new InstanceNorm2d(3),
            new GroupNorm(3, 3, 1e-5, false),
            new LayerNorm(new long[] {4}, 1e-5, false, true),
            new RMSNorm(new long[] {4}, null, false),
            new Linear(4, 2));
    assertThat(net.layers().keySet()).containsExactly("5");
    assertRight(net, 1, 2, 3, 4, 4);
  }

  private static void assertRight(Module net, long seed, long... shape) {
    try (Scope scope = Scope.open()) {
      check(randomised(net, seed), randn(seed, shape));
    }
  }
}
