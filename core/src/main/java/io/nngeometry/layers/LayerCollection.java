package io.nngeometry.layers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The layers whose parameters make up parameter space, in flat order: layers in registration order,
 * weight before bias, a tied parameter once at its first place. Any subset of a model's parameters
 * is a collection.
 */
public final class LayerCollection {
  private final Map<String, ParametricLayer> all;
  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final Map<Parameter, Layer.Slot> slots = new IdentityHashMap<>();
  private final Map<ParametricLayer, String> ids = new IdentityHashMap<>();
  private final Set<ParametricLayer> touched = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Layer> inOrder;
  private final List<Layer.Slot> slotsInOrder;
  private final long size;

  private LayerCollection(Map<String, ParametricLayer> all, BiPredicate<String, Parameter> wanted) {
    this.all = all;
    all.forEach((id, layer) -> ids.put(layer, id));
    Map<Parameter, List<ParametricLayer>> users = new IdentityHashMap<>();
    for (ParametricLayer layer : all.values()) {
      for (Parameter p : layer.parameters()) {
        users.computeIfAbsent(p, unused -> new ArrayList<>()).add(layer);
      }
    }
    long offset = 0;
    for (Map.Entry<String, ParametricLayer> entry : all.entrySet()) {
      String id = entry.getKey();
      ParametricLayer source = entry.getValue();
      List<Layer.Slot> owned = new ArrayList<>();
      long end = offset;
      for (int k = 0; k < source.parameters().size(); k++) {
        Parameter p = source.parameters().get(k);
        String name = source.fullName(id, k);
        if (!slots.containsKey(p) && wanted.test(name, p)) {
          Layer.Slot slot = new Layer.Slot(name, p, end);
          slots.put(p, slot);
          owned.add(slot);
          end += p.size();
        }
      }
      if (!owned.isEmpty()) {
        List<ParametricLayer> reach = usersOf(source, owned, users);
        layers.put(
            id,
            new Layer(
                id,
                source.kind(),
                source,
                List.copyOf(owned),
                offset,
                end - offset,
                commonLayout(source, owned, reach),
                reach));
        touched.addAll(reach);
      }
      offset = end;
    }
    size = offset;
    inOrder = List.copyOf(layers.values());
    slotsInOrder = inOrder.stream().flatMap(l -> l.slots().stream()).toList();
  }

  /** All parameters of {@code model}. */
  public static LayerCollection of(Model model) {
    LayerCollection c = new LayerCollection(new LinkedHashMap<>(model.layers()), (n, p) -> true);
    if (c.size == 0) {
      throw new IllegalArgumentException("the model has no parameters");
    }
    return c;
  }

  /** The layers named {@code ids} alone. */
  public LayerCollection only(String... ids) {
    Set<String> known = known(ids);
    return where(layer -> known.contains(layer.id()));
  }

  /** All layers but those named {@code ids}. */
  public LayerCollection without(String... ids) {
    Set<String> known = known(ids);
    return where(layer -> !known.contains(layer.id()));
  }

  /** The layers for which {@code keep} holds, such as {@code l -> l.kind().equals("Linear")}. */
  public LayerCollection where(Predicate<Layer> keep) {
    Set<Parameter> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    layers.values().stream().filter(keep).forEach(l -> kept.addAll(l.parameters()));
    return nonEmpty((name, p) -> kept.contains(p));
  }

  /** The parameters whose full name ({@code fc.weight}) passes {@code keep}. */
  public LayerCollection whereParameter(Predicate<String> keep) {
    return nonEmpty((name, p) -> slots.containsKey(p) && keep.test(nameOf(p)));
  }

  private LayerCollection nonEmpty(BiPredicate<String, Parameter> wanted) {
    LayerCollection c = new LayerCollection(all, wanted);
    if (c.size == 0) {
      throw new IllegalArgumentException(
          "no parameter is left; the layers are " + String.join(", ", layers.keySet()));
    }
    return c;
  }

  /** Number of parameters, d. */
  public long size() {
    return size;
  }

  /** The layers in flat order. */
  public List<Layer> layers() {
    return inOrder;
  }

  /** The layer named {@code id}. */
  public Layer layer(String id) {
    Layer layer = layers.get(id);
    if (layer == null) {
      throw noSuch(id);
    }
    return layer;
  }

  /** All owned parameters in flat order. */
  public List<Layer.Slot> slots() {
    return slotsInOrder;
  }

  /** Whether {@code parameter} is part of the collection. */
  public boolean contains(Parameter parameter) {
    return slots.containsKey(parameter);
  }

  /** Whether {@code layer}, or a bare parameter, uses a parameter of the collection. */
  boolean touches(ParametricLayer layer) {
    return touched.contains(layer) || (layer instanceof Parameter p && contains(p));
  }

  /** Full name of a parameter of the collection. */
  String nameOf(Parameter parameter) {
    Layer.Slot slot = slots.get(parameter);
    return slot == null ? "a parameter outside the collection" : slot.name();
  }

  /** Id of any layer of the model. */
  String idOf(ParametricLayer layer) {
    return ids.getOrDefault(layer, layer.kind());
  }

  /** Whether both lay out the same parameters in the same order. */
  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof LayerCollection that) || size != that.size) {
      return false;
    }
    return signature().equals(that.signature());
  }

  @Override
  public int hashCode() {
    return signature().hashCode();
  }

  private List<List<Object>> signature() {
    return slots().stream()
        .map(s -> List.<Object>of(s.name(), s.offset(), s.parameter().size()))
        .toList();
  }

  @Override
  public String toString() {
    return layers.size() + " layers, " + size + " parameters";
  }

  private Set<String> known(String... names) {
    for (String id : names) {
      if (!layers.containsKey(id)) {
        throw noSuch(id);
      }
    }
    return new HashSet<>(List.of(names));
  }

  private IllegalArgumentException noSuch(String id) {
    return new IllegalArgumentException(
        "no layer '" + id + "'; the layers are " + String.join(", ", layers.keySet()));
  }

  private static List<ParametricLayer> usersOf(
      ParametricLayer source, List<Layer.Slot> owned, Map<Parameter, List<ParametricLayer>> users) {
    List<ParametricLayer> result = new ArrayList<>(List.of(source));
    for (Layer.Slot slot : owned) {
      for (ParametricLayer user : users.getOrDefault(slot.parameter(), List.of())) {
        if (result.stream().noneMatch(known -> known == user)) {
          result.add(user);
        }
      }
    }
    return List.copyOf(result);
  }

  /**
   * The layout that serves every use of the owned parameters, if all are linear maps of one shape;
   * inputs may index its columns in one use and its rows in another.
   */
  private static Optional<MatrixLayout> commonLayout(
      ParametricLayer source, List<Layer.Slot> owned, List<ParametricLayer> users) {
    Optional<LinearMapRule> rule = source.rule().asLinearMap();
    if (rule.isEmpty()) {
      return Optional.empty();
    }
    LinearMapRule map = rule.get();
    boolean weight = owned.stream().anyMatch(s -> s.parameter() == map.weight());
    boolean bias = owned.stream().anyMatch(s -> s.parameter() == map.bias());
    for (ParametricLayer user : users) {
      Optional<LinearMapRule> other = user.rule().asLinearMap();
      if (other.isEmpty()
          || !sameRoles(map, other.get(), weight, bias)
          || !sameShape(map.layout(), other.get().layout())) {
        return Optional.empty();
      }
    }
    MatrixLayout full = map.layout();
    return Optional.of(
        new MatrixLayout(
            full.groups(),
            full.rows(),
            weight ? full.columns() : 0,
            bias,
            weight ? full.transposedKernel() : 0));
  }

  private static boolean sameRoles(
      LinearMapRule map, LinearMapRule other, boolean weight, boolean bias) {
    boolean sharesWeight = map.weight() == other.weight();
    boolean sharesBias = map.bias() != null && map.bias() == other.bias();
    return (weight && sharesWeight) || (bias && sharesBias);
  }

  private static boolean sameShape(MatrixLayout a, MatrixLayout b) {
    return a.groups() == b.groups()
        && a.rows() == b.rows()
        && a.columns() == b.columns()
        && a.transposedKernel() == b.transposedKernel();
  }
}
