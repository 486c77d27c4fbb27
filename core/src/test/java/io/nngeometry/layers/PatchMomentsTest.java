package io.nngeometry.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The moment of patches without patches against that of patches. */
class PatchMomentsTest {
  private static final PaddingMode ZEROS = PaddingMode.ZEROS;

  static Stream<Arguments> convolutions() {
    return Stream.of(
        // kernel, before, after, dilation, groups, mode, pixels
        Arguments.of(a(3, 3), a(1, 1), a(1, 1), a(1, 1), 1, ZEROS, a(8, 7)),
        Arguments.of(a(3, 3), a(0, 0), a(0, 0), a(1, 1), 1, ZEROS, a(9, 8)),
        Arguments.of(a(3, 3), a(2, 2), a(2, 2), a(1, 1), 1, ZEROS, a(6, 6)),
        Arguments.of(a(3, 3), a(1, 1), a(1, 1), a(1, 1), 2, ZEROS, a(8, 8)),
        Arguments.of(a(3, 3), a(2, 2), a(2, 2), a(2, 2), 1, ZEROS, a(9, 9)),
        Arguments.of(a(2, 4), a(0, 1), a(1, 2), a(1, 1), 1, ZEROS, a(9, 9)),
        Arguments.of(a(5, 5), a(2, 2), a(2, 2), a(1, 1), 1, ZEROS, a(7, 8)),
        Arguments.of(a(5, 5), a(4, 1), a(0, 3), a(1, 1), 1, ZEROS, a(7, 8)),
        Arguments.of(a(3, 1), a(1, 0), a(1, 0), a(1, 1), 1, ZEROS, a(8, 3)),
        Arguments.of(a(3, 3), a(1, 1), a(1, 1), a(1, 1), 1, PaddingMode.CIRCULAR, a(8, 7)),
        Arguments.of(a(3, 3), a(2, 1), a(2, 1), a(1, 1), 2, PaddingMode.REFLECT, a(8, 7)),
        Arguments.of(a(5), a(2), a(2), a(1), 1, ZEROS, a(12)),
        Arguments.of(a(3), a(0), a(0), a(3), 1, ZEROS, a(20)),
        Arguments.of(a(3, 3, 2), a(1, 1, 0), a(1, 1, 1), a(1, 1, 1), 1, ZEROS, a(5, 6, 5)));
  }

  private static long[] a(long... values) {
    return values;
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void equalsTheMomentOfThePatches(
      long[] kernel,
      long[] before,
      long[] after,
      long[] dilation,
      long groups,
      PaddingMode mode,
      long[] pixels) {
    try (Scope scope = Scope.open()) {
      long[] stride = new long[kernel.length];
      Arrays.fill(stride, 1);
      Convolution c = new Convolution(kernel, stride, before, after, dilation, groups, mode);
      Tensor input = images(160, 8 * groups, pixels);
      for (boolean ones : new boolean[] {false, true}) {
        Tensor moment =
            Total.of(
                t -> {
                  for (Tensor part : List.of(input.narrow(0, 0, 100), input.narrow(0, 100, 60))) {
                    var way = PatchMoments.of(c, part, ones);
                    assertThat(way).as("these shapes are worth it").isPresent();
                    way.orElseThrow().accept(t);
                  }
                });
        Tensor factor = ConvolutionRule.patches(c.windows(input), c, ones);
        Tensor expected = Total.of(t -> OuterGradients.moment(factor, 1, t));
        assertThat(Tensors.shape(moment)).isEqualTo(Tensors.shape(expected));
        double error = Tensors.item(moment.sub(expected).abs().max());
        assertThat(error).isLessThan(1e-11 * Tensors.item(expected.abs().max()));
      }
    }
  }

  @Test
  void leavesToPatchesWhatIsNoCheaper() {
    try (Scope scope = Scope.open()) {
      Convolution strided =
          new Convolution(a(3, 3), a(2, 2), a(1, 1), a(1, 1), a(1, 1), 1, PaddingMode.ZEROS);
      assertThat(PatchMoments.of(strided, images(2, 16, a(8, 8)), false)).isEmpty();
      Convolution same =
          new Convolution(a(3, 3), a(1, 1), a(1, 1), a(1, 1), a(1, 1), 1, PaddingMode.ZEROS);
      assertThat(PatchMoments.of(same, images(2, 3, a(8, 8)), false)).isEmpty();
      assertThat(PatchMoments.of(same, images(32, 16, a(8, 8)), false)).isPresent();
      assertThat(PatchMoments.of(same, images(1, 16, a(4, 4)), false))
          .as("little more to multiply than to write")
          .isEmpty();
      Convolution wide =
          new Convolution(a(3, 3), a(1, 1), a(0, 0), a(0, 0), a(1, 1), 1, PaddingMode.ZEROS);
      assertThat(PatchMoments.of(wide, images(2, 16, a(3, 3)), false)).isEmpty();
    }
  }

  private static Tensor images(long n, long channels, long[] pixels) {
    long[] shape = new long[2 + pixels.length];
    shape[0] = n;
    shape[1] = channels;
    System.arraycopy(pixels, 0, shape, 2, pixels.length);
    return Tensors.randn(0, Tensors.options(ScalarType.Double), shape);
  }
}
