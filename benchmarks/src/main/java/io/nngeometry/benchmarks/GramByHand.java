package io.nngeometry.benchmarks;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.OuterGradients;
import io.nngeometry.layers.Recording;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The Gram matrix of one output as one writes it down at first, in two ways: what the library's is
 * measured against. Both read the examples once, with one backward a minibatch.
 */
final class GramByHand {
  private GramByHand() {}

  /** What is kept of a layer's examples, and becomes its part of the matrix. */
  private interface Way {
    /** Of a minibatch, (n, ...). */
    List<Tensor> kept(LayerInputs in, Map<LayerUse, Tensor> signals);

    /** Adds the layer's part to {@code sum}, (n, n). */
    void add(Tensor sum, List<Tensor> all);
  }

  /** J J^T with J stored, layer by layer. */
  static Tensor rows(Setting setting) {
    return gram(
        setting,
        new Way() {
          @Override
          public List<Tensor> kept(LayerInputs in, Map<LayerUse, Tensor> signals) {
            return List.of(in.gradients(u -> Objects.requireNonNull(signals.get(u))).perExample());
          }

          @Override
          public void add(Tensor sum, List<Tensor> all) {
            Tensor j = all.get(0);
            sum.addmm_(j, j.t());
          }
        });
  }

  /** The sum over positions of &lt;a_t, a'_t'&gt; &lt;g_t, g'_t'&gt;, an example at a time. */
  static Tensor factors(Setting setting) {
    return gram(
        setting,
        new Way() {
          @Override
          public List<Tensor> kept(LayerInputs in, Map<LayerUse, Tensor> signals) {
            OuterGradients g = in.gradients(u -> Objects.requireNonNull(signals.get(u))).outer();
            return List.of(g.right().select(1, 0), g.left().select(1, 0)); // of one group
          }

          @Override
          public void add(Tensor sum, List<Tensor> all) {
            Tensor a = all.get(0);
            Tensor g = all.get(1);
            if (a.size(1) == 1) {
              Tensor x = a.squeeze(1);
              Tensor y = g.squeeze(1);
              sum.addcmul_(x.matmul(x.t()), y.matmul(y.t()));
              return;
            }
            for (long i = 0; i < a.size(0); i++) {
              try (Scope one = Scope.open()) {
                Tensor similar = a.matmul(a.select(0, i).t());
                Tensor signal = g.matmul(g.select(0, i).t());
                sum.select(1, i).add_(similar.mul_(signal).flatten(1, 2).sum(1));
              }
            }
          }
        });
  }

  private static Tensor gram(Setting setting, Way way) {
    try (Scope scope = Scope.open()) {
      Map<String, List<List<Tensor>>> kept = new LinkedHashMap<>();
      setting
          .data()
          .forEach(
              batch -> {
                try (Scope minibatch = Scope.open();
                    Recording recording = Recording.begin(setting.layers(), false)) {
                  Tensor f = setting.model().forward(batch.inputs().get(0));
                  Tensor first = torch.zeros_like(f);
                  first.select(1, 0).fill_(Tensors.scalar(1.0));
                  List<LayerUse> uses = recording.uses();
                  List<Tensor> g =
                      Tensors.gradients(
                          f, first, uses.stream().map(LayerUse::output).toList(), false);
                  Map<LayerUse, Tensor> signals = new IdentityHashMap<>();
                  for (int k = 0; k < g.size(); k++) {
                    signals.put(uses.get(k), g.get(k));
                  }
                  for (LayerInputs in : LayerInputs.of(setting.layers(), recording)) {
                    kept.computeIfAbsent(in.layer().id(), id -> new ArrayList<>())
                        .add(
                            way.kept(in, signals).stream()
                                .map(t -> Scope.detach(t.detach().contiguous().clone()))
                                .toList());
                  }
                }
              });
      long n = setting.data().size();
      Tensor sum = Tensors.zeros(setting.v().tensor(), n, n);
      kept.values()
          .forEach(
              batches -> {
                try (Scope layer = Scope.open()) {
                  List<Tensor> all = new ArrayList<>();
                  for (int k = 0; k < batches.get(0).size(); k++) {
                    int part = k;
                    all.add(Tensors.cat(batches.stream().map(b -> b.get(part)).toList(), 0));
                  }
                  way.add(sum, all);
                }
                batches.forEach(b -> b.forEach(Tensor::close));
              });
      return scope.keep(sum);
    }
  }
}
