package io.nngeometry.cli;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of layers and parameters with wildcards: {@code *} stands for any characters, dots among
 * them, {@code ?} for one; {@code !} in front leaves out.
 *
 * @param wanted what to take; all, if nothing
 * @param unwanted what to leave out of it
 */
record Globs(List<String> wanted, List<String> unwanted) {
  private static final String NOT = "!";

  /** Sorts {@code globs} into wanted and unwanted. */
  static Globs of(List<String> globs) {
    return new Globs(
        globs.stream().filter(g -> !g.startsWith(NOT)).toList(),
        globs.stream().filter(g -> g.startsWith(NOT)).map(g -> g.substring(NOT.length())).toList());
  }

  /** The parameters that these name, by themselves or by their layer. */
  LayerCollection choose(LayerCollection all) {
    Predicate<String> in = wanted.isEmpty() ? name -> true : names(all, wanted);
    Predicate<String> out = names(all, unwanted);
    try {
      return all.whereParameter(name -> in.test(name) && !out.test(name));
    } catch (IllegalArgumentException e) {
      throw new UserException("--layers: " + e.getMessage(), e);
    }
  }

  /** Whether a parameter is among those that {@code globs} name, each of which must name one. */
  private static Predicate<String> names(LayerCollection all, List<String> globs) {
    return globs.stream().flatMap(glob -> matching(all, glob).stream()).collect(Collectors.toSet())
        ::contains;
  }

  private static List<String> matching(LayerCollection all, String glob) {
    Predicate<String> matches = pattern(glob).asMatchPredicate();
    List<String> names =
        all.layers().stream()
            .flatMap(
                layer ->
                    layer.slots().stream()
                        .map(Layer.Slot::name)
                        .filter(name -> matches.test(layer.id()) || matches.test(name)))
            .toList();
    if (names.isEmpty()) {
      throw new UserException(
          "--layers: no layer or parameter is called '%s'; the layers are %s"
              .formatted(
                  glob, all.layers().stream().map(Layer::id).collect(Collectors.joining(", "))));
    }
    return names;
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile(
        glob.chars()
            .mapToObj(
                c ->
                    switch (c) {
                      case '*' -> ".*";
                      case '?' -> ".";
                      default -> Pattern.quote(Character.toString(c));
                    })
            .collect(Collectors.joining()));
  }
}
