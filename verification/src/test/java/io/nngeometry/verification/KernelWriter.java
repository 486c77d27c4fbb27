package io.nngeometry.verification;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.io.KernelFile;
import io.nngeometry.models.Mlp;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The program that {@link KernelResumptionTest} kills: writes a kernel of many tiles to a file. */
final class KernelWriter {
  /** Examples, each a minibatch. */
  static final long EXAMPLES = 60;

  private KernelWriter() {}

  public static void main(String[] args) throws IOException {
    try (Scope scope = Scope.open()) {
      KernelFile.write(Path.of(args[0]), kernel()).close();
    }
  }

  /** The kernel, the same in every process. */
  static TangentKernel kernel() {
    Mlp net = new Mlp(8, 16, 3);
    net.initialize(5).to(ScalarType.Double).eval();
    Examples data =
        Examples.of(Tensors.randn(6, Tensors.options(ScalarType.Double), EXAMPLES, 8)).batches(1);
    return TangentKernel.of(net).on(data);
  }
}
