package io.nngeometry.cli;

import io.nngeometry.nn.Module;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A network by name and the sizes that were chosen for it: all that it takes to build it again.
 *
 * @param kind its name
 * @param shape its sizes
 */
record Architecture(NetworkKind kind, NetworkKind.Shape shape) {
  private static final String MODEL = "model";
  private static final String INPUT = "input";
  private static final String CLASSES = "classes";
  private static final String WIDTH = "width";

  /** The network, with parameters yet to be drawn or loaded. */
  Module build() {
    return kind.build(shape);
  }

  /** What a file of its weights says of it. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(MODEL, kind.word());
    shape
        .input()
        .ifPresent(
            sizes ->
                metadata.put(
                    INPUT, sizes.stream().map(String::valueOf).collect(Collectors.joining("x"))));
    shape.classes().ifPresent(c -> metadata.put(CLASSES, c.toString()));
    shape.width().ifPresent(w -> metadata.put(WIDTH, w.toString()));
    return metadata;
  }

  /**
   * What {@link #metadata} tells.
   *
   * @throws UserException if it tells no network
   */
  static Architecture of(Map<String, String> metadata) {
    try {
      return new Architecture(NetworkKind.of(metadata.getOrDefault(MODEL, "")), shape(metadata));
    } catch (IllegalArgumentException e) {
      throw new UserException("the weights do not say whose they are: " + e.getMessage(), e);
    }
  }

  /** The sizes among them. */
  static NetworkKind.Shape shape(Map<String, String> metadata) {
    return new NetworkKind.Shape(
        Optional.ofNullable(metadata.get(INPUT)).map(Architecture::sizes),
        Optional.ofNullable(metadata.get(CLASSES)).map(Integer::valueOf),
        Optional.ofNullable(metadata.get(WIDTH)).map(Integer::valueOf));
  }

  private static List<Long> sizes(String text) {
    return Arrays.stream(text.split("x", -1)).map(Long::valueOf).toList();
  }
}
