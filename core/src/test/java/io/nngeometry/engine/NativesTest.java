package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The natives of this platform are on the class path, and both test engines run. */
class NativesTest {

  @Test
  void libtorchComputes() {
    try (var scope = new PointerScope()) {
      assertThat(torch.ones(2, 3).sum().item_double()).isEqualTo(6.0);
    }
  }

  @Property(tries = 20)
  void traceOfTheIdentityIsItsSize(@ForAll @IntRange(min = 1, max = 16) int size) {
    try (var scope = new PointerScope()) {
      assertThat(torch.eye(size).trace().item_double()).isEqualTo(size);
    }
  }
}
