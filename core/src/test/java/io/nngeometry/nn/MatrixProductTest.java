package io.nngeometry.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.MatrixProductRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A weight stored (in, out) gives the matrices of the linear layer, its elements transposed. */
class MatrixProductTest {
  private static final long IN = 3;
  private static final long OUT = 4;

  private static final class Product extends LayerModule {
    final Parameter weight = register("weight", Init.zeros(IN, OUT));

    @Override
    protected Tensor compute(Tensor x) {
      return x.matmul(weight.value());
    }

    @Override
    protected LayerRule makeRule() {
      return new MatrixProductRule(weight);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense", "diag", "kfac", "ekfac", "kfac-reduce", "low-rank", "implicit"})
  void matricesAreThoseOfTheTransposedLinearLayer(String name) {
    try (Scope scope = Scope.open()) {
      Linear linear = new Linear(IN, OUT, false);
      linear.initialize(1).to(ScalarType.Double);
      Product product = new Product();
      product.to(ScalarType.Double);
      try (GradMode none = GradMode.disabled()) {
        product.weight.tensor().copy_(linear.weight().tensor().t());
      }
      Tensor x = Tensors.randn(2, Tensors.options(ScalarType.Double), 5, 2, IN);
      Examples examples = Examples.of(x).batches(3);
      Representation kind = Representation.of(name);
      Tensor mine = Fisher.of(product, Metric.gaussian()).on(examples).as(kind).toDense();
      Tensor theirs = Fisher.of(linear, Metric.gaussian()).on(examples).as(kind).toDense();
      Tensor transposed =
          theirs.view(OUT, IN, OUT, IN).permute(1, 0, 3, 2).reshape(IN * OUT, IN * OUT);
      assertThat(mine.sub(transposed).norm().item_double())
          .isLessThan(1e-10 * transposed.norm().item_double());
    }
  }
}
