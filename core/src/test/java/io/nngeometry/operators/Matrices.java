package io.nngeometry.operators;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Two linear layers of 16 and 10 parameters and matrices over them. */
final class Matrices {
  private static final class Net extends Module {
    final Linear first = register("first", new Linear(3, 4));
    final Linear second = register("second", new Linear(4, 2));

    @Override
    public Tensor forward(Tensor x) {
      return second.forward(first.forward(x).tanh());
    }
  }

  static final LayerCollection LAYERS = layers(ScalarType.Double);

  private Matrices() {}

  static LayerCollection layers(ScalarType type) {
    Net net = new Net();
    net.initialize(0);
    net.to(type);
    return LayerCollection.of(net);
  }

  static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  /** A positive definite matrix, (p, p). */
  static Tensor positive(long seed, long p) {
    Tensor root = randn(seed, p, p);
    return root.matmul(root.t()).div(new Scalar((double) p));
  }

  static LayerwisePMat dense(Tensor matrix) {
    return new LayerwisePMat(
        LAYERS, "dense", List.of(new LayerwisePMat.Part("all", 0, new DenseBlock(matrix))));
  }

  static LayerwisePMat blocks(Block first, Block second) {
    return new LayerwisePMat(
        LAYERS,
        "blocks",
        List.of(
            new LayerwisePMat.Part("first", 0, first),
            new LayerwisePMat.Part("second", 16, second)));
  }

  /** The Kronecker block of the first layer with factors (4, 4) and (4, 4). */
  static KroneckerBlock kronecker(Tensor left, Tensor right) {
    return new KroneckerBlock(
        LAYERS.layer("first").matrix().orElseThrow(), left.unsqueeze(0), right.unsqueeze(0));
  }

  /** A sum that no representation holds. */
  static PMat combination(PMat a, PMat b) {
    return new CombinedPMat(1, a, 1, b);
  }
}
