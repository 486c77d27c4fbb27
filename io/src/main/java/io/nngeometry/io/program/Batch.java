package io.nngeometry.io.program;

import io.nngeometry.io.program.Program.TensorFacts;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * How a program speaks of the number of examples.
 *
 * @param symbols names of the symbols that stand for it; none if the export fixed it
 * @param examples its value when the program was exported
 */
record Batch(Set<String> symbols, long examples) {
  /** What the first axes of the user's tensors say. */
  static Batch of(Program program) {
    Set<String> symbols = new LinkedHashSet<>();
    long examples = 0;
    for (String name : program.userInputs()) {
      TensorFacts facts = program.tensors().get(name);
      if (facts != null && !facts.sizes().isEmpty()) {
        Optional<String> symbol = facts.sizes().get(0).symbol();
        if (examples == 0 || symbol.isPresent()) {
          examples = facts.sizes().get(0).hint();
        }
        symbol.ifPresent(symbols::add);
      }
    }
    return new Batch(symbols, examples);
  }

  /** Whether the export fixed the number. */
  boolean isFixed() {
    return symbols.isEmpty();
  }
}
