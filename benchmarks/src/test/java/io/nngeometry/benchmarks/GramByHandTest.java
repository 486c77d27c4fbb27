package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.TangentKernel;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library's Gram matrix is measured against is that matrix. */
class GramByHandTest {
  private static double apart(Tensor a, Tensor b) {
    return Tensors.item(a.sub(b).norm()) / Tensors.item(b.norm());
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "mlp"})
  void bothWaysGiveTheSame(String workload) {
    Setting setting = Setting.of(Workload.byName().get(workload), 7, false);
    try (Scope scope = Scope.open()) {
      Tensor truth =
          TangentKernel.of(setting.model())
              .on(setting.data())
              .layers(setting.layers())
              .outputs(Outputs.one(0))
              .dense()
              .matrix();
      assertThat(apart(GramByHand.rows(setting), truth)).isLessThan(1e-5);
      assertThat(apart(GramByHand.factors(setting), truth)).isLessThan(1e-5);
    }
  }
}
