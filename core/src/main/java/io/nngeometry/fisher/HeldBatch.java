package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.StackedGradients;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;

/**
 * What remains of a minibatch when it has been read: of each linear map the gradients of all
 * cotangents, or its inputs and signals where those are fewer numbers. A second reading of it takes
 * neither forward nor backward.
 */
final class HeldBatch implements AutoCloseable {
  private final int cotangents;
  private final Map<String, Tensor> gradients = new ConcurrentHashMap<>(); // (K, n, p)
  private final Map<String, Factors> factors = new LinkedHashMap<>();

  /**
   * What gradients are made of.
   *
   * @param inputs of a layer
   * @param signals of every cotangent
   */
  private record Factors(LayerInputs inputs, List<Signals> signals) implements AutoCloseable {
    static Factors of(LayerInputs in, List<Signals> signals) {
      Map<LayerUse, LayerUse> held = new IdentityHashMap<>();
      in.uses().forEach(use -> held.put(use, use.held()));
      return new Factors(in.of(held::get), signals.stream().map(s -> s.held(in, held)).toList());
    }

    @Override
    public void close() {
      signals.forEach(Signals::release);
      inputs.uses().forEach(LayerUse::release);
    }
  }

  HeldBatch(int cotangents) {
    this.cotangents = cotangents;
  }

  /** Of how many cotangents it holds what they brought. */
  int cotangents() {
    return cotangents;
  }

  /** Holds the linear maps among some layers, given what every cotangent brought them. */
  void hold(Map<String, LayerInputs> inputs, List<Signals> signals) {
    List<LayerInputs> small = new ArrayList<>();
    for (LayerInputs in : inputs.values()) {
      if (!in.outer() || signals.get(0).none()) {
        continue;
      }
      if (in.gradientsAreSmaller(signals.size())) {
        small.add(in);
      } else {
        factors.put(in.layer().id(), Factors.of(in, signals));
      }
    }
    Workers.forEach(
        small,
        in -> in.operations() * signals.size(),
        in -> gradients.put(in.layer().id(), gradients(in.afresh(), signals)));
  }

  private static Tensor gradients(LayerInputs in, List<Signals> signals) {
    return Scope.detach(Signals.stack(signals, in).perExample(in.layer().size()));
  }

  /** Multiplications and additions that turning a layer's gradients takes, about. */
  double operations(String layer) {
    Factors of = factors.get(layer);
    if (of != null) {
      return of.inputs().operations() * of.signals().size();
    }
    Tensor mine = gradients.get(layer);
    // two products with matrices of the sides' size
    return mine == null ? 0 : 4.0 * mine.numel() * Math.sqrt(mine.size(2));
  }

  /** A layer's gradients, unless it was not used. */
  Optional<StackedGradients> stack(String layer) {
    Tensor mine = gradients.get(layer);
    if (mine != null) {
      return Optional.of(StackedGradients.of(mine));
    }
    return Optional.ofNullable(factors.get(layer))
        .map(of -> Signals.stack(of.signals(), of.inputs().afresh()));
  }

  @Override
  public void close() {
    gradients.values().forEach(Tensor::close);
    factors.values().forEach(Factors::close);
  }
}
