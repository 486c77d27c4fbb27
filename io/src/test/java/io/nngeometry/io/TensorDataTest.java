package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.nio.ByteBuffer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class TensorDataTest {

  @Test
  void windowsReachBeyondTwoGibibytes() {
    long start = (1L << 31) + 5;
    long size = start + 3;
    try (Scope scope = Scope.open()) {
      // memory that is not touched is not resident
      Tensor t =
          torch.empty(
              new long[] {size}, Tensors.options(ScalarType.Byte), new MemoryFormatOptional());
      ByteBuffer window = TensorData.window(t, start, size);
      assertThat(window.remaining()).isEqualTo(3);
      window.put(0, (byte) 42).put(2, (byte) 44);
      assertThat(t.select(0, start).item_long()).isEqualTo(42);
      assertThat(t.select(0, size - 1).item_long()).isEqualTo(44);
    }
  }
}
