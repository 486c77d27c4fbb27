package io.nngeometry.io;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Loads a network's parameters and buffers by name from a {@code .safetensors} file or a state_dict
 * ({@code .pt}, {@code .pth}), and saves them. A description; every option gives a new one.
 *
 * <pre>{@code
 * Weights.of(Path.of("resnet18.pth")).converting().into(net);
 * Weights.save(Path.of("net.safetensors"), net, Map.of("epoch", "3"));
 * }</pre>
 */
public final class Weights {
  private final Path file;
  private final String prefix;
  private final boolean converting;
  private final boolean partial;

  private Weights(Path file, String prefix, boolean converting, boolean partial) {
    this.file = file;
    this.prefix = prefix;
    this.converting = converting;
    this.partial = partial;
  }

  /** The tensors of {@code file}, whose kind is told by its content. */
  public static Weights of(Path file) {
    return new Weights(file, "", false, false);
  }

  /** Those alone whose names start with {@code prefix} and a dot, which are dropped. */
  public Weights under(String other) {
    return new Weights(file, other + ".", converting, partial);
  }

  /** Converts elements to the network's types, such as bfloat16 to float32. */
  public Weights converting() {
    return new Weights(file, prefix, true, partial);
  }

  /** Loads what fits and leaves the rest of the network as it is. */
  public Weights partial() {
    return new Weights(file, prefix, converting, true);
  }

  /** Reads a file of either kind. */
  public static TensorFile read(Path file) throws IOException {
    return isZip(file) ? StateDict.read(file) : Safetensors.read(file);
  }

  private static boolean isZip(Path file) throws IOException {
    try (FileChannel in = Sources.open(file)) {
      return in.size() >= Integer.BYTES
          && Sources.bytes(in, 0, Integer.BYTES, Place.of(file)).getInt() == 0x04034b50;
    }
  }

  /**
   * Copies the tensors into {@code net}.
   *
   * @return what did not fit, which only {@link #partial()} lets pass; types are no matter where
   *     they are converted
   * @throws IllegalArgumentException that says what does not fit; the network is unchanged
   * @throws IOException if the file cannot be read
   */
  public WeightsReport into(Module net) throws IOException {
    try (TensorFile content = read(file);
        Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      Map<String, Tensor> theirs = named(content);
      Map<String, Tensor> mine = net.state();
      WeightsReport report = compare(mine, theirs);
      if (!report.fits() && !partial) {
        throw new IllegalArgumentException(
            "the weights of %s do not fit: %s".formatted(file, report));
      }
      mine.forEach(
          (name, target) -> {
            Tensor source = theirs.get(name);
            if (source != null && fits(target, source)) {
              target.copy_(source);
            }
          });
      return report;
    }
  }

  /** How the tensors fit {@code net}, which stays as it is. */
  public WeightsReport compareTo(Module net) throws IOException {
    try (TensorFile content = read(file);
        Scope scope = Scope.open()) {
      return compare(net.state(), named(content));
    }
  }

  private Map<String, Tensor> named(TensorFile content) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    content
        .tensors()
        .forEach(
            (name, t) -> {
              if (name.startsWith(prefix)) {
                named.put(name.substring(prefix.length()), t);
              }
            });
    return named;
  }

  private boolean fits(Tensor target, Tensor source) {
    return Arrays.equals(Tensors.shape(target), Tensors.shape(source))
        && (converting || Tensors.type(target) == Tensors.type(source));
  }

  private WeightsReport compare(Map<String, Tensor> mine, Map<String, Tensor> theirs) {
    List<String> missing = new ArrayList<>();
    List<String> shapes = new ArrayList<>();
    List<String> types = new ArrayList<>();
    mine.forEach(
        (name, target) -> {
          Tensor source = theirs.get(name);
          if (source == null) {
            missing.add(name);
            return;
          }
          long[] need = Tensors.shape(target);
          long[] got = Tensors.shape(source);
          if (!Arrays.equals(need, got)) {
            shapes.add(
                "%s (%s in the file, not %s)"
                    .formatted(name, Arrays.toString(got), Arrays.toString(need)));
          } else if (!fits(target, source)) {
            types.add(
                "%s (%s in the file, not %s: convert with converting())"
                    .formatted(name, Tensors.type(source), Tensors.type(target)));
          }
        });
    List<String> unexpected =
        theirs.keySet().stream().filter(name -> !mine.containsKey(name)).map(Place::shown).toList();
    return new WeightsReport(missing, unexpected, shapes, types);
  }

  /**
   * Writes parameters and buffers of {@code net} as safetensors, tied ones under each of their
   * names.
   *
   * @param facts what else to tell in the metadata
   */
  public static void save(Path file, Module net, Map<String, String> facts) throws IOException {
    try (Scope scope = Scope.open()) {
      Safetensors.write(file, net.state(), facts);
    }
  }
}
