package io.nngeometry.cli.inspect;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Networks of users, whose parameters need not all be covered. */
class InspectionTest {
  /** Reads two parameters raw, which no rule sees. */
  private static final class Raw extends Module {
    private final Linear map = register("map", new Linear(3, 2));
    private final Parameter scale = register("scale", new Parameter(torch.ones(2)));
    private final Parameter shift = register("shift", new Parameter(torch.ones(2)));
    private final Parameter bias = register("bias", new Parameter(torch.ones(2)));

    @Override
    public Tensor forward(Tensor x) {
      Tensor scaled = map.forward(x).mul(scale.value());
      return scaled.add(shift.value()).add(bias.over(x));
    }
  }

  /** Whose only layer is used raw. */
  private static final class AllRaw extends Module {
    private final Parameter scale = register("scale", new Parameter(torch.ones(2)));

    @Override
    public Tensor forward(Tensor x) {
      return x.mul(scale.value());
    }
  }

  private static Map<String, String> rules(Module net, long input) {
    try (Scope scope = Scope.open()) {
      Map<String, String> rules = new LinkedHashMap<>();
      Inspection.of(
              new Inspection.Subject(
                  "mine", net, LayerCollection.of(net), List.of(torch.zeros(1, input)), List.of()),
              "float32",
              4,
              new Inspection.Scale(10, 10, 5, MemoryBudget.ofMachine()))
          .layers()
          .stream()
          .flatMap(layer -> layer.parameters().stream())
          .forEach(parameter -> rules.put(parameter.name(), parameter.rule()));
      return rules;
    }
  }

  @Test
  @Timeout(value = 30, unit = SECONDS)
  void everyUncoveredParameterIsNamed() {
    assertThat(rules(new Raw(), 3))
        .containsEntry("map.weight", "linear map")
        .containsEntry("map.bias", "linear map")
        .containsEntry("scale", "not covered")
        .containsEntry("shift", "not covered")
        .containsEntry("bias", "bare parameter")
        .hasSize(5);
  }

  @Test
  @Timeout(value = 30, unit = SECONDS)
  void aNetworkOfNothingElse() {
    assertThat(rules(new AllRaw(), 2)).containsExactly(Map.entry("scale", "not covered"));
  }
}
