package io.nngeometry.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Representation;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MeasurementsTest {
  @Test
  void aTensorKeepsEveryNumber() {
    Design design =
        new Design(
            List.of(Representation.DIAG, Representation.KFAC),
            EstimatorKind.MC,
            5,
            3,
            2,
            List.of(1e-3),
            Residual.TEXT,
            0);
    OptionalDouble none = OptionalDouble.empty();
    List<Measurement> all =
        List.of(
            new Measurement("diag", Quantity.TRACE, none, 2, OptionalInt.empty(), 0.25),
            new Measurement("kfac", Quantity.PRODUCT, none, 2, OptionalInt.of(1), 1 / 3.0),
            new Measurement(
                "kfac, factored",
                Quantity.SOLVE,
                OptionalDouble.of(1e-3),
                2,
                OptionalInt.of(0),
                -0.5));
    try (Scope scope = Scope.open()) {
      assertThat(Measurements.of(Measurements.tensor(all, design), 2, design)).isEqualTo(all);
      assertThat(Measurements.of(Measurements.tensor(List.of(), design), 0, design)).isEmpty();
    }
  }
}
