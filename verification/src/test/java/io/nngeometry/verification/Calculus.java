package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Plain autograd and distances, to hold the library against. */
final class Calculus {
  private Calculus() {}

  /** |a - b| / |b|, or |a| where b is zero; infinite where shapes differ. */
  static double relativeError(Tensor a, Tensor b) {
    Tensor actual = a.detach().to(torch.ScalarType.Double);
    if (!java.util.Arrays.equals(Tensors.shape(actual), Tensors.shape(b))) {
      return Double.POSITIVE_INFINITY;
    }
    double size = norm(b);
    double distance = norm(actual.sub(b.detach()));
    return size == 0 ? distance : distance / size;
  }

  /** Fails unless shapes are the same and the relative error is less than {@code tolerance}. */
  static void assertClose(String what, Tensor actual, Tensor expected, double tolerance) {
    assertThat(Tensors.shape(actual)).as(what).isEqualTo(Tensors.shape(expected));
    assertThat(relativeError(actual, expected)).as(what).isLessThan(tolerance);
  }

  static double norm(Tensor t) {
    return Tensors.item(t.detach().to(torch.ScalarType.Double).norm());
  }

  /** The gradient of a scalar in any tensors, with a graph of its own. */
  static Tensor differentiableGradient(Tensor scalar, List<Tensor> leaves) {
    TensorVector grads =
        torch.grad(
            new TensorVector(scalar),
            Tensors.vector(leaves),
            new TensorVector(),
            new BoolOptional(true),
            true,
            true);
    List<Tensor> parts = new ArrayList<>();
    for (int k = 0; k < leaves.size(); k++) {
      Tensor g = new Tensor(grads.get(k));
      parts.add((g.defined() ? g : torch.zeros_like(leaves.get(k))).reshape(-1));
    }
    return Tensors.cat(parts, 0);
  }

  /** The Hessian of a scalar by double backward. */
  static Tensor hessian(Tensor scalar, List<Tensor> leaves) {
    Tensor g = differentiableGradient(scalar, leaves);
    List<Tensor> rows = new ArrayList<>();
    for (long p = 0; p < g.size(0); p++) {
      Tensor one = torch.ones(new long[0], Tensors.options(g));
      List<Tensor> row = Tensors.gradients(g.select(0, p), one, leaves, true);
      rows.add(Tensors.cat(row.stream().map(t -> t.reshape(-1)).toList(), 0));
    }
    return Tensors.stack(rows, 0);
  }

  static List<Tensor> leaves(LayerCollection layers) {
    return layers.slots().stream().map(Layer.Slot::parameter).map(p -> p.tensor()).toList();
  }

  /** The Kronecker product. */
  static Tensor kron(Tensor a, Tensor b) {
    return torch.kron(a, b);
  }

  static Tensor number(double x) {
    return Tensors.of(new double[] {x});
  }
}
