package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What one layer of a collection saw in one minibatch: all uses of the parameters it owns. A layer
 * used twice, or tied to another, is a layer with more positions. The input side is computed once
 * and shared by every cotangent.
 */
public final class LayerInputs {
  private final Layer layer;
  private final List<LayerUse> uses;
  private final long examples;
  private @Nullable List<LayerRule.Prepared> prepared;
  private @Nullable Tensor inputFactor;
  private @Nullable List<Tensor> inputParts;
  private @Nullable Lookup lookup;
  private @Nullable Tensor gramian;
  private int cotangents = 1;
  private @Nullable Tensor rotatedFactor;
  private @Nullable Tensor rotatedIn;
  private final boolean outer;
  private final Scope.Owner lifetime = Scope.owner();

  private final OuterGradients.Shared shared =
      new OuterGradients.Shared() {
        @Override
        public Tensor rotatedInput(Tensor basis) {
          return rotatedFactor(basis);
        }

        @Override
        public Tensor inputGramian() {
          if (gramian == null) {
            gramian = lifetime.adopt(OuterGradients.gramian(inputFactor()));
          }
          return gramian;
        }

        @Override
        public int cotangents() {
          return cotangents;
        }
      };

  private LayerInputs(Layer layer, List<LayerUse> uses) {
    this.layer = layer;
    this.uses = uses;
    this.examples = uses.get(0).examples();
    this.outer =
        layer.matrix().isPresent()
            && uses.stream().allMatch(u -> u.layer().rule().asLinearMap().isPresent());
  }

  /**
   * The layers of {@code collection} that {@code recording} saw used, in flat order. What they
   * compute once for all cotangents lives as long as the scope that is innermost now.
   */
  public static List<LayerInputs> of(LayerCollection collection, Recording recording) {
    List<LayerInputs> result = new ArrayList<>();
    List<LayerUse> all = recording.uses();
    for (Layer layer : collection.layers()) {
      Set<ParametricLayer> users = users(layer);
      List<LayerUse> mine = new ArrayList<>();
      for (LayerUse use : all) {
        if (users.contains(use.layer())) {
          mine.add(use);
        }
      }
      if (!mine.isEmpty()) {
        result.add(new LayerInputs(layer, mine));
      }
    }
    return result;
  }

  /** The layers that use an owned parameter, and owned parameters, used bare beside their layer. */
  private static Set<ParametricLayer> users(Layer layer) {
    Set<ParametricLayer> users = Collections.newSetFromMap(new IdentityHashMap<>());
    users.addAll(layer.users());
    users.addAll(layer.parameters());
    return users;
  }

  /** The layer. */
  public Layer layer() {
    return layer;
  }

  /** Whether every gradient is a sum of outer products: the layer is a linear map. */
  public boolean outer() {
    return outer;
  }

  /** Its uses, in order. */
  public List<LayerUse> uses() {
    return uses;
  }

  /** How many numbers one example is here. */
  public LayerSizes sizes() {
    return LayerSizes.of(this);
  }

  /**
   * Whether one example's gradients of so many cotangents are fewer numbers than what they are made
   * of: the layer has many positions.
   */
  public boolean gradientsAreSmaller(int count) {
    return LayerSizes.gradientsAreSmaller(
        layer, count, numbers(LayerUse::input), numbers(LayerUse::output));
  }

  private long numbers(Function<LayerUse, Tensor> of) {
    return uses.stream().mapToLong(use -> of.apply(use).numel() / examples).sum();
  }

  /** Positions of an example, S, over all uses. */
  public long positions() {
    return uses.stream().mapToLong(this::positions).sum();
  }

  private long positions(LayerUse use) {
    LinearMapRule rule = rule(use);
    MatrixLayout m = rule.layout();
    long features = rule.inputIsLeft() ? m.columns() : m.rows();
    return use.output().numel() / (examples * m.groups() * features);
  }

  /** Multiplications and additions of the layer's forward pass, about. */
  public double operations() {
    double outputs = uses.stream().mapToDouble(use -> use.output().numel()).sum();
    return layer.inputs() == InputSide.COLUMNS && outer
        ? 2 * outputs * layer.matrix().orElseThrow().width()
        : 2 * outputs;
  }

  /** Number of examples. */
  public long examples() {
    return examples;
  }

  /**
   * The gradients for one cotangent.
   *
   * @param signal gives the gradient at the output of a use
   */
  public LayerGradients gradients(Function<LayerUse, Tensor> signal) {
    List<Tensor> signals = uses.stream().map(signal).toList();
    if (!outer) {
      return ExplicitGradients.of(layer, uses, prepared(), signals);
    }
    MatrixLayout layout = layer.matrix().orElseThrow();
    List<Tensor> parts = new ArrayList<>();
    for (int u = 0; u < uses.size(); u++) {
      parts.add(rule(uses.get(u)).signalFactor(signals.get(u)));
    }
    return switch (layer.inputs()) {
      case COLUMNS -> {
        Tensor left = Tensors.cat(parts, 2);
        yield new OuterGradients(layout, () -> left, this::inputFactor, false, shared);
      }
      case ROWS -> new LookupGradients(layout, lookup(), this::inputFactor, Tensors.cat(parts, 2));
      case BOTH -> ofBothSides(layout, parts);
    };
  }

  private List<LayerRule.Prepared> prepared() {
    if (prepared == null) {
      prepared = uses.stream().map(u -> u.layer().rule().prepare(u, lifetime)).toList();
    }
    return prepared;
  }

  /** Each use puts its input on the side of its own, and its signal on the other. */
  private OuterGradients ofBothSides(MatrixLayout layout, List<Tensor> signals) {
    List<Tensor> inputs = inputParts();
    List<Tensor> lefts = new ArrayList<>();
    List<Tensor> rights = new ArrayList<>();
    for (int u = 0; u < uses.size(); u++) {
      Tensor signal = signals.get(u);
      if (rule(uses.get(u)).inputIsLeft()) {
        lefts.add(inputs.get(u));
        // a lookup has no part in the bias
        rights.add(layout.bias() ? withZero(signal) : signal);
      } else {
        lefts.add(signal);
        rights.add(inputs.get(u));
      }
    }
    Tensor left = Tensors.cat(lefts, 2);
    Tensor right = Tensors.cat(rights, 2);
    return new OuterGradients(layout, () -> left, () -> right, false);
  }

  private static Tensor withZero(Tensor signal) {
    Tensor zero = Tensors.zeros(signal, signal.size(0), signal.size(1), signal.size(2), 1);
    return Tensors.cat(List.of(signal, zero), 3);
  }

  private List<Tensor> inputParts() {
    if (inputParts == null) {
      inputParts = uses.stream().map(u -> lifetime.adopt(inputFactor(u))).toList();
    }
    return inputParts;
  }

  private Lookup lookup() {
    if (lookup == null) {
      lookup = new Lookup(hot(), layer.matrix().orElseThrow().rows());
      lookup.tensors().forEach(lifetime::adopt);
    }
    return lookup;
  }

  /** The row that a lookup reads at every position, (n, S), negative where it reads none. */
  Tensor hot() {
    return Tensors.cat(uses.stream().map(u -> rule(u).hot(u.input()).orElseThrow()).toList(), 1);
  }

  /**
   * The same with nothing computed that could be again: what will be lives as long as the scope
   * innermost now.
   */
  public LayerInputs afresh() {
    return of(UnaryOperator.identity());
  }

  /** The same, nothing computed, with other tensors for its uses. */
  public LayerInputs of(UnaryOperator<LayerUse> others) {
    LayerInputs again = new LayerInputs(layer, uses.stream().map(others).toList());
    again.expect(cotangents);
    return again;
  }

  /** Tells for how many cotangents gradients will be asked: what they share then pays sooner. */
  public void expect(int count) {
    cotangents = count;
  }

  /** The factor made of inputs, (n, groups, S, f), with a last column of ones for the bias. */
  Tensor inputFactor() {
    if (layer.inputs() == InputSide.BOTH) {
      throw new IllegalStateException(
          "layer %s has inputs on both sides of its weight".formatted(layer.id()));
    }
    if (inputFactor == null) {
      List<Tensor> parts = new ArrayList<>();
      for (LayerUse use : uses) {
        parts.add(inputFactor(use));
      }
      inputFactor = lifetime.adopt(Tensors.cat(parts, 2));
    }
    return inputFactor;
  }

  /** The input's factor in the coordinates of {@code basis}, (groups, f, r), which is kept. */
  private Tensor rotatedFactor(Tensor basis) {
    if (rotatedFactor == null || rotatedIn != basis) {
      Supplier<Tensor> rotated =
          directly((rule, use) -> rule.rotatedInput(use.input(), basis, rule.bias() != null))
              .orElse(() -> OuterGradients.timesBasis(inputFactor(), basis));
      rotatedFactor = lifetime.adopt(Scope.keeping(rotated));
      rotatedIn = basis;
    }
    return rotatedFactor;
  }

  /**
   * Adds the sum over examples and positions of a a^T, (groups, f, f): the input half of a
   * Kronecker block. That of a lookup's one-hots is diagonal, and of shape (groups, f).
   *
   * @throws IllegalStateException if the layer is not a linear map, or has inputs on both sides
   */
  public void inputMoment(Total total) {
    if (layer.inputs() == InputSide.ROWS) {
      total.add(LookupGradients.moment(lookup(), like()));
      return;
    }
    Optional<Consumer<Total>> direct =
        total.keepsRoot(layer.matrix().orElseThrow().width())
            ? Optional.empty()
            : directly((rule, use) -> rule.inputMoment(use.input(), rule.bias() != null));
    direct.ifPresentOrElse(
        moment -> moment.accept(total), () -> OuterGradients.moment(inputFactor(), 1, total));
  }

  /**
   * Adds the sum over examples of the outer product of the input's mean over positions with itself.
   */
  public void reducedInputMoment(Total total) {
    if (layer.inputs() == InputSide.ROWS) {
      total.add(LookupGradients.reducedMoment(lookup(), like()));
      return;
    }
    Tensor a = inputFactor();
    Tensor mean = Tensors.sum(a, true, 2).div(Tensors.scalar((double) a.size(2)));
    OuterGradients.moment(mean, 1, total);
  }

  private Tensor like() {
    return uses.get(0).output();
  }

  /** What a layer used once, and as a whole, computes without the input's factor, if it can. */
  private <T> Optional<T> directly(BiFunction<LinearMapRule, LayerUse, Optional<T>> way) {
    if (uses.size() > 1 || inputFactor != null) {
      return Optional.empty();
    }
    MatrixLayout layout = layer.matrix().orElseThrow();
    LinearMapRule rule = rule(uses.get(0));
    boolean whole = layout.columns() > 0 && layout.bias() == (rule.bias() != null);
    return whole ? way.apply(rule, uses.get(0)) : Optional.empty();
  }

  private Tensor inputFactor(LayerUse use) {
    MatrixLayout layout = layer.matrix().orElseThrow();
    LinearMapRule rule = rule(use);
    if (rule.inputIsLeft()) {
      return rule.inputFactor(use.input(), false);
    }
    Tensor a = rule.inputFactor(use.input(), layout.bias());
    if (layout.columns() == 0) {
      return a.narrow(3, a.size(3) - 1, 1);
    }
    // where only the weight or only the bias is tied, the other one has no part in this use
    if (layout.bias() && !owns(rule.bias())) {
      a.narrow(3, layout.columns(), 1).zero_();
    }
    if (!owns(rule.weight())) {
      a.narrow(3, 0, layout.columns()).zero_();
    }
    return a;
  }

  private boolean owns(@Nullable Parameter parameter) {
    return layer.parameters().stream().anyMatch(p -> p == parameter);
  }

  private LinearMapRule rule(LayerUse use) {
    return use.layer()
        .rule()
        .asLinearMap()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "a parameter of layer %s is also used bare: it has no Kronecker factors"
                        .formatted(layer.id())));
  }
}
