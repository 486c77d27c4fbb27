package io.nngeometry.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
  @ParameterizedTest
  @CsvSource({
    "2.4e-6, 2 µs",
    "0.0123, 12 ms",
    "1.26, 1.3 s",
    "59.9, 59.9 s",
    "60, 1 min 0 s",
    "119.7, 2 min 0 s",
    "125.2, 2 min 5 s",
    "7200, 120 min 0 s"
  })
  void durations(double seconds, String text) {
    assertThat(Numbers.seconds(seconds)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1e-4, 1.0e-04", "0.001, 0.0010", "0.1234, 0.12", "1.56, 1.6", "10, 10"})
  void errors(double error, String text) {
    assertThat(Numbers.error(error)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0.98765, 98.8%", "1, 100.0%", "0, 0.0%"})
  void shares(double share, String text) {
    assertThat(Numbers.percent(share)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"7 | 7", "1234 | 1,234", "23512130 | 23,512,130"})
  void counts(long count, String text) {
    assertThat(Numbers.grouped(count)).isEqualTo(text);
  }
}
