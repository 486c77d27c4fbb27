package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class TicksTest {
  @Property(tries = 300)
  void aRangeHasAFewTicks(
      @ForAll @DoubleRange(min = -1e9, max = 1e9) double low,
      @ForAll @DoubleRange(min = 0.01, max = 1e9) double span) {
    double step = Ticks.step(low, low + span);

    assertThat(span / step).isBetween(3.1, 8.0);
  }

  @Test
  void linearLabelsHaveTheDigitsOfTheStep() {
    assertThat(Ticks.linear(0.30000000000000004, 0.1)).isEqualTo("0.3");
    assertThat(Ticks.linear(1, 0.2)).isEqualTo("1.0");
    assertThat(Ticks.linear(-4, 2)).isEqualTo("−4");
    assertThat(Ticks.linear(1e-17, 0.5)).isEqualTo("0");
    assertThat(Ticks.linear(5e-7, 5e-7)).isEqualTo("5×10⁻⁷");
    assertThat(Ticks.linear(-1.5e-6, 5e-7)).isEqualTo("−1.5×10⁻⁶");
    assertThat(Ticks.linear(2e6, 1e6)).isEqualTo("2×10⁶");
  }

  @Test
  void logarithmicLabelsArePowers() {
    assertThat(Ticks.log(1e-16)).isEqualTo("10⁻¹⁶");
    assertThat(Ticks.log(1)).isEqualTo("10⁰");
    assertThat(Ticks.log(5e3)).isEqualTo("5×10³");
    assertThat(Ticks.plain(0.02)).isEqualTo("0.02");
    assertThat(Ticks.plain(200)).isEqualTo("200");
    assertThat(Ticks.plain(2e-9)).isEqualTo("2×10⁻⁹");
  }

  @Test
  void decadesIncludeTheEnds() {
    assertThat(Ticks.decades(1e-4, 1e2, 2)).containsExactly(-4, -2, 0, 2);
    assertThat(Ticks.decades(2e-4, 9e-4, 1)).isEmpty();
  }
}
