package io.nngeometry.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void wordsStandLeftAndNumbersRight() {
    TextTable table =
        TextTable.of(1, "name", "n").row(List.of("a", "1")).row(List.of("bcdef", "23"));
    assertThat(table).hasToString("name    n\na       1\nbcdef  23");
  }

  @Test
  void marksAboveALetterTakeNoRoom() {
    TextTable table = TextTable.of(2, "a", "b").row(List.of("x\u0304", "y"));
    assertThat(table).hasToString("a  b\nx\u0304  y");
  }

  @Test
  void aRowOfAnotherLengthIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TextTable.of(1, "name", "n").row(List.of("a")))
        .withMessage("a row needs 2 cells, got 1");
  }
}
