package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Files of {@code torch.save}: {@code .pt} and {@code .pth}, a zip with a pickle, from PyTorch 1.6
 * on. Of the pickle only tensors and containers are read and nothing is executed; whatever else it
 * names is refused by that name.
 *
 * <p>Nested containers, such as a checkpoint's, are flattened: {@code {"model": {"fc.weight": t}}}
 * gives {@code model.fc.weight}. Numbers and strings beside the tensors are left out.
 */
public final class StateDict {
  private static final int MAX_PICKLE = 64 << 20;
  private static final long MAX_COPIED = 256L << 20;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_VALUES = 1 << 20;

  private static final Map<String, ScalarType> STORAGES =
      Map.of(
          "DoubleStorage", ScalarType.Double,
          "FloatStorage", ScalarType.Float,
          "HalfStorage", ScalarType.Half,
          "BFloat16Storage", ScalarType.BFloat16,
          "LongStorage", ScalarType.Long,
          "IntStorage", ScalarType.Int,
          "ShortStorage", ScalarType.Short,
          "CharStorage", ScalarType.Char,
          "ByteStorage", ScalarType.Byte,
          "BoolStorage", ScalarType.Bool);

  /** Element types, which a pickle may mention. */
  private static final Set<String> DTYPES =
      Set.of(
          "float64",
          "float32",
          "float16",
          "bfloat16",
          "int64",
          "int32",
          "int16",
          "int8",
          "uint8",
          "bool");

  private StateDict() {}

  /**
   * Reads all tensors of {@code file}. They are on the CPU, contiguous, and belong to the result.
   *
   * @throws CorruptFileException if the file is damaged, made to deceive, or names anything but
   *     tensors and containers
   * @throws IOException if it cannot be read
   */
  public static TensorFile read(Path file) throws IOException {
    try (Archive archive = Archive.open(file);
        Scope scope = Scope.open()) {
      if (archive.has("constants.pkl")) {
        throw archive.corrupt(
            "it is a TorchScript program, not a state_dict: save net.state_dict() with torch.save");
      }
      Reader reader = new Reader(archive, Place.of(file));
      Object root = Pickle.read(archive.bytes("data.pkl", MAX_PICKLE), Place.of(file), reader);
      reader.flatten("", root, 0);
      reader.tensors.values().forEach(scope::keep);
      return new TensorFile(file, reader.tensors, Map.of());
    }
  }

  /** A tensor as a pickle describes it. */
  private record Described(
      String key, ScalarType type, long offset, long[] sizes, long[] strides) {}

  private static final class Reader implements Pickle.Calls {
    private final Archive archive;
    private final Place place;
    private final Map<String, Tensor> storages = new HashMap<>();
    private final Map<String, ScalarType> types = new HashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private int values;
    private long copied;

    Reader(Archive archive, Place place) {
      this.archive = archive;
      this.place = place;
    }

    @Override
    public boolean knows(Pickle.Name n) {
      return switch (n.module()) {
        case "torch" ->
            STORAGES.containsKey(n.name())
                || DTYPES.contains(n.name())
                || n.name().equals("Size")
                || n.name().equals("device");
        case "torch._utils" ->
            Set.of(
                    "_rebuild_tensor",
                    "_rebuild_tensor_v2",
                    "_rebuild_parameter",
                    "_rebuild_parameter_with_state")
                .contains(n.name());
        case "torch.nn.parameter" -> n.name().equals("Parameter");
        case "collections" -> n.name().equals("OrderedDict");
        default -> false;
      };
    }

    @Override
    public Object call(Pickle.Name name, List<Object> arguments) throws CorruptFileException {
      return switch (name.name()) {
        case "OrderedDict" -> ordered(arguments);
        case "_rebuild_tensor", "_rebuild_tensor_v2" -> tensor(arguments);
        case "_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter" ->
            parameter(arguments);
        case "Size" -> new Pickle.Tuple(List.copyOf(arguments));
        case "device" -> name.toString();
        default -> throw place.corrupt("its pickle calls " + name);
      };
    }

    private Object ordered(List<Object> arguments) throws CorruptFileException {
      Map<Object, Object> map = new LinkedHashMap<>();
      if (arguments.isEmpty()) {
        return map;
      }
      if (arguments.size() == 1 && arguments.get(0) instanceof List<?> pairs) {
        for (Object pair : pairs) {
          if (!(pair instanceof List<?> p && p.size() == 2 && p.get(0) instanceof String key)) {
            throw place.corrupt("its pickle makes a dictionary of something else than pairs");
          }
          map.put(key, p.get(1));
        }
        return map;
      }
      throw place.corrupt("its pickle makes a dictionary of something else than pairs");
    }

    private Object parameter(List<Object> arguments) throws CorruptFileException {
      if (!arguments.isEmpty() && arguments.get(0) instanceof Described d) {
        return d;
      }
      throw place.corrupt("its pickle makes a parameter of something that is no tensor");
    }

    private Object tensor(List<Object> a) throws CorruptFileException {
      if (a.size() < 4
          || !(a.get(0) instanceof Pickle.Persistent p)
          || !(p.id() instanceof Pickle.Tuple id)
          || !(a.get(1) instanceof Long offset)) {
        throw place.corrupt("its pickle describes a tensor that cannot be");
      }
      List<Object> parts = id.elements();
      if (parts.size() < 3
          || !parts.get(0).equals("storage")
          || !(parts.get(1) instanceof Pickle.Name storage)
          || !(parts.get(2) instanceof String key)) {
        throw place.corrupt("its pickle describes a storage that cannot be");
      }
      @Nullable ScalarType type = STORAGES.get(storage.name());
      if (type == null) {
        throw place.corrupt(
            "its pickle keeps elements in %s, which is not read"
                .formatted(Place.shown(storage.toString())));
      }
      return new Described(key, type, offset, longs(a.get(2)), longs(a.get(3)));
    }

    private long[] longs(Object value) throws CorruptFileException {
      if (!(value instanceof Pickle.Tuple t)
          || !t.elements().stream().allMatch(Long.class::isInstance)) {
        throw place.corrupt("its pickle describes a tensor whose shape is no tuple of numbers");
      }
      return t.elements().stream().mapToLong(v -> (Long) v).toArray();
    }

    /** Adds the tensors in {@code value} under names that begin with {@code name}. */
    void flatten(String name, Object value, int depth) throws IOException {
      if (depth > MAX_DEPTH) {
        throw place.corrupt("its containers are nested more than " + MAX_DEPTH + " deep");
      }
      if (++values > MAX_VALUES) {
        throw place.corrupt("it has more than " + MAX_VALUES + " values");
      }
      if (value instanceof Described d) {
        String key = name.isEmpty() ? "tensor" : name;
        if (tensors.put(key, materialise(key, d)) != null) {
          throw place.tensor(key).corrupt("it is there twice");
        }
      } else if (value instanceof Map<?, ?> map) {
        for (Map.Entry<?, ?> e : map.entrySet()) {
          flatten(join(name, e.getKey()), e.getValue(), depth + 1);
        }
      } else {
        List<Object> elements = elements(value).orElse(List.of());
        for (int k = 0; k < elements.size(); k++) {
          flatten(join(name, k), elements.get(k), depth + 1);
        }
      }
    }

    private static Optional<List<Object>> elements(Object value) {
      if (value instanceof Pickle.Tuple t) {
        return Optional.of(t.elements());
      }
      return value instanceof List<?> list
          ? Optional.of(new ArrayList<Object>(list))
          : Optional.empty();
    }

    private static String join(String name, Object key) {
      return name.isEmpty() ? key.toString() : name + "." + key;
    }

    private Tensor materialise(String name, Described d) throws IOException {
      @Nullable ScalarType known = types.putIfAbsent(d.key(), d.type());
      if (known != null && known != d.type()) {
        throw place.tensor(name).corrupt("it reads its elements as another type than others do");
      }
      Tensor elements = storages.get(d.key());
      if (elements == null) {
        elements = archive.elements("data/" + d.key(), d.type());
        storages.put(d.key(), elements);
      }
      Tensor view = archive.view(elements, d.sizes(), d.strides(), d.offset(), name);
      if (view.is_contiguous() && view.numel() == elements.numel()) {
        return view;
      }
      // a part of a storage gets memory of its own, which the whole would otherwise share
      copied += view.nbytes();
      if (copied > MAX_COPIED && copied > 8 * stored()) {
        throw place.tensor(name).corrupt("it and others show the same elements too often");
      }
      return Tensors.empty(view, d.sizes()).copy_(view);
    }

    private long stored() {
      return storages.values().stream().mapToLong(Tensor::nbytes).sum();
    }
  }
}
