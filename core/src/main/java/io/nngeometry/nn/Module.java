package io.nngeometry.nn;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Model;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A part of a network: it registers its parts and parameters in its constructor and applies them in
 * {@link #forward(Tensor)}.
 *
 * <pre>{@code
 * class Net extends Module {
 *   final Linear hidden = register("hidden", new Linear(784, 512));
 *   final Linear head = register("head", new Linear(512, 10));
 *
 *   public Tensor forward(Tensor x) {
 *     return head.forward(hidden.forward(x.flatten(1, -1)).relu());
 *   }
 * }
 * }</pre>
 */
public abstract class Module implements Model {
  private final Map<String, Module> children = new LinkedHashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private boolean training;

  /** A module in evaluation mode. */
  protected Module() {
    Engine.start();
  }

  /**
   * Applies the module to a minibatch.
   *
   * @param x inputs, (n, ...)
   */
  public abstract Tensor forward(Tensor x);

  /** Applies the module to a single input; a module of several inputs overrides it. */
  @Override
  public Tensor forward(Tensor... inputs) {
    if (inputs.length != 1) {
      throw new IllegalArgumentException(
          getClass().getSimpleName() + " takes one input, got " + inputs.length);
    }
    return forward(inputs[0]);
  }

  /** Makes {@code child} a part of this module and returns it. */
  protected final <M extends Module> M register(String name, M child) {
    checkFree(name);
    children.put(name, child);
    return child;
  }

  /** Makes {@code parameter} a parameter of this module, perhaps one it shares, and returns it. */
  protected final Parameter register(String name, Parameter parameter) {
    checkFree(name);
    parameters.put(name, parameter);
    return parameter;
  }

  /** Keeps a tensor that belongs to the state but is not trained, such as a running mean. */
  protected final void registerBuffer(String name, Tensor value) {
    checkFree(name);
    buffers.put(name, Scope.detach(value));
  }

  /** The buffer named {@code name}. */
  protected final Tensor buffer(String name) {
    Tensor buffer = buffers.get(name);
    if (buffer == null) {
      throw new IllegalArgumentException("no buffer '" + name + "' in " + buffers.keySet());
    }
    return buffer;
  }

  private void checkFree(String name) {
    if (name.isEmpty() || name.contains(".")) {
      throw new IllegalArgumentException(
          "'" + name + "' cannot name a part: it is empty or dotted");
    }
    if (children.containsKey(name) || parameters.containsKey(name) || buffers.containsKey(name)) {
      throw new IllegalArgumentException("there is a part named '" + name + "' already");
    }
  }

  /** Training mode: batch statistics, dropout. The geometry refuses models in this mode. */
  public Module train() {
    return setTraining(true);
  }

  /** Evaluation mode, in which examples do not depend on each other. */
  public Module eval() {
    return setTraining(false);
  }

  /** Whether the module is in training mode. */
  public final boolean isTraining() {
    return training;
  }

  private Module setTraining(boolean on) {
    training = on;
    children.values().forEach(child -> child.setTraining(on));
    return this;
  }

  /** Whether training mode makes examples depend on each other or on chance. */
  protected boolean behavesDifferentlyInTraining() {
    return false;
  }

  @Override
  public final List<String> partsInTraining() {
    List<String> parts = new ArrayList<>();
    walk(
        "",
        newIdentitySet(),
        (path, module) -> {
          if (module.training && (module.behavesDifferentlyInTraining() || path.isEmpty())) {
            parts.add(path.isEmpty() ? "the model" : path);
          }
        });
    return parts;
  }

  @Override
  public final Map<String, ParametricLayer> layers() {
    Map<String, ParametricLayer> layers = new LinkedHashMap<>();
    walk(
        "",
        newIdentitySet(),
        (path, module) -> {
          if (module instanceof ParametricLayer layer) {
            if (!layer.parameters().isEmpty()) {
              layers.put(path.isEmpty() ? "root" : path, layer);
            }
          } else {
            module.parameters.forEach((name, p) -> layers.put(join(path, name), p));
          }
        });
    return layers;
  }

  /** Every parameter by its first full name, once. */
  public final Map<String, Parameter> namedParameters() {
    Map<String, Parameter> named = new LinkedHashMap<>();
    Set<Parameter> seen = newIdentitySet();
    allNames(
        (name, p) -> {
          if (seen.add(p)) {
            named.put(name, p);
          }
        });
    return named;
  }

  /** Parameters and buffers by every full name, tied ones under each: views, not copies. */
  public final Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    allNames((name, p) -> state.put(name, p.tensor().detach()));
    walk(
        "",
        newIdentitySet(),
        (path, m) -> m.buffers.forEach((name, t) -> state.put(join(path, name), t)));
    return state;
  }

  /**
   * Copies values into parameters and buffers of the same names.
   *
   * @throws IllegalArgumentException that lists missing and unexpected names and wrong shapes;
   *     nothing is changed then
   */
  public final void load(Map<String, Tensor> values) {
    Map<String, Tensor> state = state();
    List<String> wrong = new ArrayList<>();
    state.forEach(
        (name, mine) -> {
          Tensor theirs = values.get(name);
          if (theirs == null) {
            wrong.add("missing " + name);
          } else if (!java.util.Arrays.equals(
              io.nngeometry.engine.Tensors.shape(mine),
              io.nngeometry.engine.Tensors.shape(theirs))) {
            wrong.add("shape of " + name);
          }
        });
    values.keySet().stream()
        .filter(name -> !state.containsKey(name))
        .forEach(name -> wrong.add("unexpected " + name));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("these weights do not fit: " + String.join(", ", wrong));
    }
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      state.forEach((name, mine) -> mine.copy_(values.get(name)));
    }
  }

  /** Draws all parameters anew, each layer by its own rule; the same seed gives the same model. */
  public final Module initialize(long seed) {
    java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
    walk("", newIdentitySet(), (path, module) -> module.reset(random.nextLong()));
    return this;
  }

  /**
   * The same, and then every weight, which is a parameter of at least two axes, from {@code
   * weights}; the biases of its layer become zero. Scales and shifts of normalisations stay one and
   * zero.
   */
  public final Module initialize(long seed, Initializer weights) {
    initialize(seed);
    java.util.SplittableRandom random = new java.util.SplittableRandom(~seed);
    Set<Parameter> seen = newIdentitySet();
    walk(
        "",
        newIdentitySet(),
        (path, module) -> {
          List<Parameter> own = module.ownParameters();
          boolean weighted = own.stream().anyMatch(p -> p.shape().length > 1);
          for (Parameter p : own) {
            if (p.shape().length > 1 && seen.add(p)) {
              weights.draw(p, random.nextLong());
            } else if (weighted && p.shape().length == 1) {
              Init.constant(p, 0);
            }
          }
        });
    return this;
  }

  /** Draws this module's own parameters anew; parts are asked separately. */
  protected void reset(long seed) {
    // a module without parameters of its own has nothing to draw
  }

  /**
   * Starts the chance of training, such as that of dropout, anew: what training mode draws from now
   * on follows from {@code seed} and the module alone.
   */
  public final void restartChance(long seed) {
    java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
    walk("", newIdentitySet(), (path, module) -> module.restart(random.nextLong()));
  }

  /** Starts this module's own chance anew; parts are asked separately. */
  protected void restart(long seed) {
    // few modules draw anything
  }

  /** Converts parameters and floating buffers to {@code type}. */
  public final Module to(ScalarType type) {
    Set<Parameter> seen = newIdentitySet();
    allNames(
        (name, p) -> {
          if (seen.add(p)) {
            p.set(p.tensor().to(type));
          }
        });
    walk(
        "",
        newIdentitySet(),
        (path, m) ->
            m.buffers.replaceAll(
                (name, t) -> t.is_floating_point() ? Scope.detach(t.to(type)) : t));
    return this;
  }

  private void allNames(BiConsumer<String, Parameter> visit) {
    walk(
        "",
        newIdentitySet(),
        (path, m) -> m.parameters.forEach((name, p) -> visit.accept(join(path, name), p)));
  }

  /** Depth first in registration order; a part registered twice is visited once. */
  private void walk(String path, Set<Module> seen, BiConsumer<String, Module> visit) {
    if (seen.add(this)) {
      visit.accept(path, this);
      children.forEach((name, child) -> child.walk(join(path, name), seen, visit));
    }
  }

  final List<Parameter> ownParameters() {
    return List.copyOf(parameters.values());
  }

  final List<String> ownParameterNames() {
    return List.copyOf(parameters.keySet());
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static <T> Set<T> newIdentitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }
}
