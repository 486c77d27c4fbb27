package io.nngeometry.benchmarks;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
import io.nngeometry.fisher.Metric;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.Recording;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The passes through a network that operations are made of, each over all examples. */
final class Passes {
  private Passes() {}

  /** Outputs alone. */
  static void forward(Setting setting) {
    try (GradMode none = GradMode.disabled()) {
      setting.data().forEach(batch -> setting.model().forward(input(batch)));
    }
  }

  /** The unit of cost: the cross entropy's gradients in all parameters of the network. */
  static void forwardAndBackward(Setting setting) {
    List<Tensor> parameters =
        setting.model().namedParameters().values().stream().map(Parameter::tensor).toList();
    setting
        .data()
        .forEach(
            batch -> {
              Tensor outputs = setting.model().forward(input(batch));
              Tensor loss = torch.cross_entropy_loss(outputs, batch.labels().orElseThrow());
              Tensors.gradients(loss, torch.ones_like(loss), parameters, false);
            });
  }

  /** The gradient of every example in every covered parameter, dropped layer by layer. */
  static void perExampleGradients(Setting setting) {
    setting
        .data()
        .forEach(
            batch -> {
              try (Scope scope = Scope.open();
                  Recording recording = Recording.begin(setting.layers(), false)) {
                Tensor outputs = setting.model().forward(input(batch));
                Tensor cotangent =
                    Metric.categorical().score(outputs.detach(), batch.labels().orElseThrow());
                List<LayerUse> uses = recording.uses();
                List<Tensor> signals =
                    Tensors.gradients(
                        outputs, cotangent, uses.stream().map(LayerUse::output).toList(), false);
                Map<LayerUse, Tensor> byUse = new IdentityHashMap<>();
                for (int k = 0; k < signals.size(); k++) {
                  byUse.put(uses.get(k), signals.get(k));
                }
                Workers.forEach(
                    LayerInputs.of(setting.layers(), recording),
                    LayerInputs::operations,
                    in ->
                        in.afresh()
                            .gradients(use -> Objects.requireNonNull(byUse.get(use)))
                            .perExample());
              }
            });
  }

  private static Tensor input(Minibatch batch) {
    return batch.inputs().get(0);
  }
}
