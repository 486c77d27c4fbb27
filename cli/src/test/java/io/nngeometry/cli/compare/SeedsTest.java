package io.nngeometry.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeedsTest {
  @Test
  void noTwoPartsShareASeed() {
    List<Long> all = new ArrayList<>();
    for (long seed : new long[] {0, 1, -1, 7}) {
      Seeds seeds = new Seeds(seed);
      all.add(seeds.truth());
      for (int draw = 0; draw < 20; draw++) {
        all.add(seeds.labels(draw));
        all.add(seeds.vectors(draw));
      }
      assertThat(new Seeds(seed).labels(3)).isEqualTo(seeds.labels(3));
    }
    assertThat(all).doesNotHaveDuplicates();
  }
}
