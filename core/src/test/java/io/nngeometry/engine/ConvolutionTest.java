package io.nngeometry.engine;

import static io.nngeometry.layers.PerExampleOracle.assertClose;
import static io.nngeometry.layers.PerExampleOracle.randn;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The detours around native crashes compute what the native call would. */
class ConvolutionTest {
  @ParameterizedTest
  @CsvSource({"2, 0, 0", "2, 1, 1", "3, 1, 2", "3, 2, 0", "3, 0, 1"})
  void stridedPointwiseConvolutions(long stride, long padding, long extra) {
    long[] s = {stride, 1};
    long[] p = {padding, 0};
    long[] e = {extra, 0};
    long[] none = {0, 0};
    long[] ones = {1, 1};
    try (Scope scope = Scope.open()) {
      Tensor x = randn(1, 2, 4, 5, 3).set_requires_grad(true);
      Tensor w = randn(2, 4, 3, 1, 1).set_requires_grad(true);
      Tensor b = randn(3, 6);
      assertSame(
          new TransposedConvolution(s, p, e, ones, 2).forward(x, w, b),
          torch.convolution(x, w, new TensorOptional(b), s, p, ones, true, e, 2),
          x,
          w);
      Tensor v = randn(2, 6, 2, 1, 1).set_requires_grad(true);
      assertSame(
          new Convolution(ones, s, p, p, ones, 2, PaddingMode.ZEROS).forward(x, v, b),
          torch.convolution(x, v, new TensorOptional(b), s, p, ones, false, none, 2),
          x,
          v);
    }
  }

  private static void assertSame(Tensor actual, Tensor expected, Tensor x, Tensor w) {
    assertClose(actual, expected, "output");
    Tensor cotangent = randn(4, Tensors.shape(expected));
    List<Tensor> ours = Tensors.gradients(actual, cotangent, List.of(x, w), false);
    List<Tensor> theirs = Tensors.gradients(expected, cotangent, List.of(x, w), false);
    assertClose(ours.get(0), theirs.get(0), "input gradient");
    assertClose(ours.get(1), theirs.get(1), "weight gradient");
  }
}
