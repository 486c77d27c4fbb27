package io.nngeometry.cli.compare;

import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Tensor;

/** The numbers of one draw as a tensor, in which an interrupted run keeps them. */
public final class Measurements {
  /** Series, quantity, damping or NaN, vector or -1, value. */
  private static final int FIELDS = 5;

  private static final List<Quantity> QUANTITIES = List.of(Quantity.values());

  private Measurements() {}

  /** (measurements, 5). */
  public static Tensor tensor(List<Measurement> measurements, Design design) {
    List<String> series = series(design);
    double[] values = new double[FIELDS * measurements.size()];
    int at = 0;
    for (Measurement m : measurements) {
      values[at++] = series.indexOf(m.series());
      values[at++] = QUANTITIES.indexOf(m.quantity());
      values[at++] = m.lambda().orElse(Double.NaN);
      values[at++] = m.vector().orElse(-1);
      values[at++] = m.value();
    }
    return Tensors.of(values, measurements.size(), FIELDS);
  }

  /** What {@link #tensor} made of the numbers of one draw. */
  public static List<Measurement> of(Tensor tensor, int draw, Design design) {
    List<String> series = series(design);
    double[] values = Tensors.toArray(tensor);
    List<Measurement> measurements = new ArrayList<>();
    for (int at = 0; at < values.length; at += FIELDS) {
      double lambda = values[at + 2];
      int vector = (int) values[at + 3];
      measurements.add(
          new Measurement(
              series.get((int) values[at]),
              QUANTITIES.get((int) values[at + 1]),
              Double.isNaN(lambda) ? OptionalDouble.empty() : OptionalDouble.of(lambda),
              draw,
              vector < 0 ? OptionalInt.empty() : OptionalInt.of(vector),
              values[at + 4]));
    }
    return measurements;
  }

  private static List<String> series(Design design) {
    return design.representations().stream()
        .flatMap(r -> Inverse.of(r.name()).stream())
        .map(Inverse::series)
        .toList();
  }
}
