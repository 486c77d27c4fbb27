package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.nn.Linear;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels on disk, whole and in parts. */
class KernelFileTest {
  @TempDir Path folder;

  private static TangentKernel kernel(long seed) {
    Linear model = new Linear(4, 3);
    model.to(ScalarType.Double);
    model.eval();
    Tensor x = Tensors.randn(seed, Tensors.options(ScalarType.Double), 7, 4);
    return TangentKernel.of(model).on(Examples.of(x).batches(2));
  }

  /** Four batches of a kernel have ten tiles; it is stopped after some. */
  private static void stopped(Path file, TangentKernel kernel, long after) {
    TangentKernel dying =
        kernel.progress(
            (done, all) -> {
              if (done > after) {
                throw new IllegalStateException("killed");
              }
            });
    assertThatThrownBy(() -> KernelFile.write(file, dying)).hasMessage("killed");
    assertThat(file).doesNotExist();
  }

  private static double apart(Tensor a, Tensor b) {
    return Tensors.item(a.sub(b).norm()) / Tensors.item(b.norm());
  }

  @Test
  void aKernelOnDiskIsThatInMemory() throws IOException {
    Path file = folder.resolve("k.npy");
    try (Scope scope = Scope.open()) {
      FMatDense truth = kernel(1).dense();
      try (StoredKernel k = KernelFile.write(file, kernel(1))) {
        assertThat(apart(Npy.read(file), truth.tensor())).isLessThan(1e-14);
        assertThat(apart(k.toDense(), truth.tensor())).isLessThan(1e-14);
        FVector u = FVector.random(3, 7, 2, Tensors.options(truth.tensor()));
        assertThat(apart(k.mv(u).tensor(), truth.mv(u).tensor())).isLessThan(1e-14);
        assertThat(apart(k.diagonal().tensor(), truth.diagonal().tensor())).isLessThan(1e-14);
        assertThat(apart(k.overOutputs().tensor(), truth.overOutputs().tensor())).isLessThan(1e-14);
        assertThat(k.frobeniusNorm() / truth.frobeniusNorm() - 1).isBetween(-1e-12, 1e-12);
        Damping damping = Damping.tikhonov(0.1);
        assertThat(apart(k.solve(u, damping).tensor(), truth.solve(u, damping).tensor()))
            .isLessThan(1e-8);
        assertThat(k.spectralNorm() / truth.spectralNorm() - 1).isBetween(-1e-8, 1e-8);
      }
      assertThat(folder.toFile().list()).containsExactly("k.npy");
    }
  }

  @Test
  void aStoppedComputationGoesOnWhereItWas() throws IOException {
    Path file = folder.resolve("k.npy");
    try (Scope scope = Scope.open()) {
      Tensor truth = kernel(1).dense().tensor();
      stopped(file, kernel(1), 5);
      Path list = folder.resolve("k.npy.tiles");
      long before = Files.readAllLines(list).size();
      assertThat(before).isEqualTo(6); // of three minibatches
      Files.writeString(list, "0+2,6+", StandardOpenOption.APPEND); // a line cut short
      stopped(file, kernel(1), 5);
      assertThat(Files.readAllLines(list).stream().filter(l -> l.endsWith(";"))).hasSize(6);
      try (StoredKernel k = KernelFile.write(file, kernel(1))) {
        assertThat(apart(k.toDense(), truth)).isLessThan(1e-14);
      }
      assertThat(folder.toFile().list()).containsExactly("k.npy");
    }
  }

  @Test
  void thePartOfAnotherKernelIsRefused() throws IOException {
    Path file = folder.resolve("k.npy");
    try (Scope scope = Scope.open()) {
      stopped(file, kernel(1), 5);
      assertThatThrownBy(() -> KernelFile.write(file, kernel(2)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another kernel");
      assertThatThrownBy(() -> KernelFile.write(folder.resolve("c.npy"), kernel(1).centred()))
          .hasMessageContaining("cannot be centred");
      Path other = folder.resolve("other.npy");
      Npy.write(other, Tensors.of(new double[] {1, 2}, 2));
      assertThatThrownBy(() -> StoredKernel.open(other))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("not a kernel");
    }
  }

  @Test
  void aFileCutShortWhileItIsOpenIsAnErrorAndNoCrash() throws IOException {
    Path file = folder.resolve("k.npy");
    try (Scope scope = Scope.open();
        StoredKernel k = KernelFile.write(file, kernel(1))) {
      FVector u = FVector.random(3, 7, 2, Tensors.options(ScalarType.Double));
      k.mv(u);
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
        out.truncate(out.size() - 8);
      }
      assertThatThrownBy(() -> k.mv(u))
          .hasMessageContaining("cannot read " + file)
          .hasRootCauseMessage(file + ": it has been cut short while it was open");
      k.close();
      assertThatThrownBy(() -> k.mv(u)).hasMessageContaining("cannot read " + file);
    }
  }

  @Test
  void anArrayThatIsNotAlignedIsReadAllTheSame() throws IOException {
    Path file = folder.resolve("k.npy");
    try (Scope scope = Scope.open()) {
      FMatDense truth = kernel(1).dense();
      KernelFile.write(file, kernel(1)).close();
      byte[] all = Files.readAllBytes(file);
      int data = 10 + (all[8] & 0xff) + 256 * (all[9] & 0xff);
      byte[] shifted = new byte[all.length + 1];
      System.arraycopy(all, 0, shifted, 0, data - 1);
      shifted[data - 1] = ' ';
      System.arraycopy(all, data - 1, shifted, data, all.length - data + 1);
      shifted[8]++;
      Files.write(file, shifted);
      try (StoredKernel k = StoredKernel.open(file)) {
        FVector u = FVector.random(3, 7, 2, Tensors.options(ScalarType.Double));
        assertThat(apart(k.mv(u).tensor(), truth.mv(u).tensor())).isLessThan(1e-14);
      }
    }
  }
}
