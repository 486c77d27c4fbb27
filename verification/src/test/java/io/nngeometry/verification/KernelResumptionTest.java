package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.io.KernelFile;
import io.nngeometry.io.StoredKernel;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.vectors.FVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A kernel on disk whose process was killed, again and again, becomes the one made at once. */
class KernelResumptionTest {
  private static final long TILES = KernelWriter.EXAMPLES * (KernelWriter.EXAMPLES + 1) / 2;

  @TempDir private Path folder;

  private long tiles() {
    try {
      Path list = folder.resolve("k.npy.tiles");
      return Files.exists(list) ? Files.readString(list).chars().filter(c -> c == ';').count() : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void killedTwiceAndResumedTheFileIsThatMadeAtOnce() throws Exception {
    Path file = folder.resolve("k.npy");
    for (long least : new long[] {20, 60}) {
      ChildProcess.killed(KernelWriter.class, folder, () -> tiles() >= least, file.toString());
      assertThat(file).doesNotExist();
      assertThat(tiles()).isBetween(least, TILES - 1);
    }
    long before = tiles();
    long[] computed = new long[1];
    try (Scope scope = Scope.open()) {
      FMatDense truth = KernelWriter.kernel().dense();
      TangentKernel resumed =
          KernelWriter.kernel().progress((done, all) -> computed[0] = tiles() - before);
      try (StoredKernel k = KernelFile.write(file, resumed)) {
        assertThat(Calculus.relativeError(k.toDense(), truth.tensor())).isLessThan(1e-12);
        FVector u = FVector.random(k.outputs(), k.examples(), 7, Tensors.options(truth.tensor()));
        assertThat(Calculus.relativeError(k.mv(u).tensor(), truth.mv(u).tensor()))
            .isLessThan(1e-12);
      }
      Path whole = folder.resolve("whole.npy");
      KernelFile.write(whole, KernelWriter.kernel()).close();
      assertThat(Files.mismatch(file, whole)).isEqualTo(-1);
    }
    assertThat(computed[0]).as("tiles that were left").isBetween(1L, TILES - before);
  }
}
