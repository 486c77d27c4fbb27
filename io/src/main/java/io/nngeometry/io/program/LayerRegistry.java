package io.nngeometry.io.program;

import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The layers of a program under the names of the modules they came from, in the order in which the
 * network registered their parameters. A layer that runs twice is one layer.
 */
final class LayerRegistry {
  private final Map<Parameter, List<String>> names = new IdentityHashMap<>();
  private final Map<String, Integer> positions = new HashMap<>();
  private final Map<String, ProgramLayer> byKey = new HashMap<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private record Entry(ParametricLayer layer, int position) {}

  LayerRegistry(State state) {
    state
        .parameters()
        .forEach(
            (name, weight) -> {
              positions.put(name, positions.size());
              names.put(weight.parameter(), weight.names());
            });
  }

  /**
   * The layer that is used by a call.
   *
   * @param key equal for calls that are uses of the same layer
   * @param module the module that made the call
   * @param call name of the call, in case two layers would have the same name
   */
  ParametricLayer layer(
      String key,
      String kind,
      List<Parameter> parameters,
      Supplier<LayerRule> rule,
      String module,
      String call) {
    ProgramLayer known = byKey.get(key);
    if (known != null) {
      return known;
    }
    List<String> fullNames = parameters.stream().map(p -> name(p, module)).toList();
    ProgramLayer layer = new ProgramLayer(kind, parameters, fullNames, rule);
    byKey.put(key, layer);
    int position =
        fullNames.stream().mapToInt(n -> Objects.requireNonNull(positions.get(n))).min().orElse(0);
    String id = call.isEmpty() ? fullNames.get(0) : freeId(fullNames.get(0), call);
    while (entries.containsKey(id)) {
      id += "'"; // a parameter used bare in several ways
    }
    entries.put(id, new Entry(layer, position));
    return layer;
  }

  /** A parameter that is a layer by itself. */
  ParametricLayer bare(Parameter parameter) {
    String name = Objects.requireNonNull(names.get(parameter)).get(0);
    entries.putIfAbsent(name, new Entry(parameter, Objects.requireNonNull(positions.get(name))));
    return parameter;
  }

  /** Parameters that are used bare, but not whole or not as they are. */
  ParametricLayer bare(String key, List<Parameter> parameters, Supplier<LayerRule> rule) {
    return layer(key, "Parameter", parameters, rule, "?", "");
  }

  /** The parameters whose full names start in {@code module} itself and in no part of it. */
  Set<String> ownNames(String module) {
    Set<String> own = new LinkedHashSet<>();
    positions.keySet().stream().filter(n -> owner(n).equals(module)).forEach(own::add);
    return own;
  }

  /** The name of a parameter that fits best where {@code module} uses it. */
  String name(Parameter parameter, String module) {
    List<String> all = Objects.requireNonNull(names.get(parameter));
    return all.stream().filter(n -> owner(n).equals(module)).findFirst().orElse(all.get(0));
  }

  /** The dotted path of the module that a parameter belongs to. */
  static String owner(String fullName) {
    int dot = fullName.lastIndexOf('.');
    return dot < 0 ? "" : fullName.substring(0, dot);
  }

  private String freeId(String firstName, String call) {
    String owner = owner(firstName);
    for (String id : List.of(owner, firstName, owner.isEmpty() ? call : owner + "." + call)) {
      if (!id.isEmpty() && !entries.containsKey(id)) {
        return id;
      }
    }
    return firstName + "@" + call;
  }

  /** Every layer by id; parameters that no layer has stand for themselves. */
  Map<String, ParametricLayer> layers() {
    Set<Parameter> covered = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
    entries.values().forEach(e -> covered.addAll(e.layer().parameters()));
    names.keySet().stream().filter(p -> !covered.contains(p)).forEach(this::bare);
    List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
    ordered.sort(
        Comparator.comparingInt((Map.Entry<String, Entry> e) -> e.getValue().position())
            .thenComparing(e -> e.getValue().layer() instanceof Parameter));
    Map<String, ParametricLayer> layers = new LinkedHashMap<>();
    ordered.forEach(e -> layers.put(e.getKey(), e.getValue().layer()));
    return layers;
  }
}
