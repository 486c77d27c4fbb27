package io.nngeometry.verification;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import io.nngeometry.nn.Affine1d;
import io.nngeometry.nn.BatchNorm1d;
import io.nngeometry.nn.BatchNorm2d;
import io.nngeometry.nn.Conv1d;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.Conv3d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.ConvTranspose2d;
import io.nngeometry.nn.Cosine1d;
import io.nngeometry.nn.Embedding;
import io.nngeometry.nn.GroupNorm;
import io.nngeometry.nn.LayerNorm;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.PReLU;
import io.nngeometry.nn.RMSNorm;
import io.nngeometry.nn.WeightNorm1d;
import io.nngeometry.nn.WeightNorm2d;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A module built from the description of a golden net. */
final class GoldenNet extends Module {
  private final JsonNode forward;
  private final Map<String, Module> modules = new LinkedHashMap<>();
  private final Map<String, Parameter> bare = new LinkedHashMap<>();
  private final Map<String, String> aliases = new HashMap<>();

  /** A part that only holds other parts. */
  private static final class Group extends Module {
    void add(String name, Module child) {
      register(name, child);
    }

    @Override
    public Tensor forward(Tensor x) {
      throw new UnsupportedOperationException("a group of parts is not applied as a whole");
    }
  }

  GoldenNet(JsonNode json) {
    forward = json.get("forward");
    json.get("aliases").properties().forEach(e -> aliases.put(e.getKey(), e.getValue().asText()));
    for (JsonNode p : json.get("parameters_bare")) {
      Tensor zeros =
          torch.zeros(Golden.longs(p.get("shape")), Tensors.options(torch.ScalarType.Float));
      bare.put(p.get("name").asText(), register(p.get("name").asText(), new Parameter(zeros)));
    }
    Map<String, Group> groups = new HashMap<>();
    for (JsonNode m : json.get("modules")) {
      String name = m.get("name").asText();
      Module module =
          make(m.get("type").asText(), m.get("args"), json.get("tied").get(name + ".weight"));
      modules.put(name, module);
      int dot = name.lastIndexOf('.');
      if (dot < 0) {
        register(name, module);
      } else {
        group(name.substring(0, dot), groups).add(name.substring(dot + 1), module);
      }
    }
  }

  private Group group(String path, Map<String, Group> groups) {
    Group known = groups.get(path);
    if (known != null) {
      return known;
    }
    Group group = new Group();
    groups.put(path, group);
    int dot = path.lastIndexOf('.');
    if (dot < 0) {
      register(path, group);
    } else {
      group(path.substring(0, dot), groups).add(path.substring(dot + 1), group);
    }
    return group;
  }

  private Module make(String type, JsonNode a, @org.jspecify.annotations.Nullable JsonNode tied) {
    boolean bias = !a.has("bias") || a.get("bias").asBoolean();
    return switch (type) {
      case "Linear" ->
          tied == null
              ? new Linear(num(a, "in_features"), num(a, "out_features"), bias)
              : Linear.tied(weightOf(tied.asText()), bias);
      case "Conv1d" -> new Conv1d(convolution(a).bias(bias));
      case "Conv2d" -> new Conv2d(convolution(a).bias(bias));
      case "Conv3d" -> new Conv3d(convolution(a).bias(bias));
      case "ConvTranspose2d" ->
          new ConvTranspose2d(
              convolution(a).bias(bias).outputPadding(Golden.longs(a.get("output_padding"))));
      case "WeightNorm2d" -> new WeightNorm2d(convolution(a).bias(false), eps(a));
      case "WeightNorm1d" ->
          new WeightNorm1d(num(a, "in_features"), num(a, "out_features"), eps(a));
      case "Cosine1d" -> new Cosine1d(num(a, "in_features"), num(a, "out_features"), eps(a));
      case "Affine1d" -> new Affine1d(num(a, "num_features"), bias);
      case "Embedding" ->
          a.get("padding_idx").isNull()
              ? new Embedding(num(a, "num_embeddings"), num(a, "embedding_dim"))
              : new Embedding(
                  num(a, "num_embeddings"), num(a, "embedding_dim"), num(a, "padding_idx"));
      case "BatchNorm1d" ->
          new BatchNorm1d(
              num(a, "num_features"), eps(a), a.get("momentum").asDouble(), affine(a, "affine"));
      case "BatchNorm2d" ->
          new BatchNorm2d(
              num(a, "num_features"), eps(a), a.get("momentum").asDouble(), affine(a, "affine"));
      case "GroupNorm" ->
          new GroupNorm(num(a, "num_groups"), num(a, "num_channels"), eps(a), affine(a, "affine"));
      case "LayerNorm" ->
          new LayerNorm(
              Golden.longs(a.get("normalized_shape")),
              eps(a),
              affine(a, "elementwise_affine"),
              bias);
      case "RMSNorm" ->
          new RMSNorm(
              Golden.longs(a.get("normalized_shape")),
              a.get("eps").isNull() ? null : a.get("eps").asDouble(),
              affine(a, "elementwise_affine"));
      case "PReLU" -> new PReLU(num(a, "num_parameters"));
      default -> throw new IllegalArgumentException("no module of type " + type);
    };
  }

  private Parameter weightOf(String fullName) {
    return Objects.requireNonNull(namedParameters().get(fullName), fullName);
  }

  private static ConvOptions convolution(JsonNode a) {
    return ConvOptions.of(
            num(a, "in_channels"), num(a, "out_channels"), Golden.longs(a.get("kernel_size")))
        .stride(Golden.longs(a.get("stride")))
        .padding(Golden.longs(a.get("padding")))
        .dilation(Golden.longs(a.get("dilation")))
        .groups(num(a, "groups"))
        .paddingMode(PaddingMode.valueOf(a.get("padding_mode").asText().toUpperCase(Locale.ROOT)));
  }

  private static long num(JsonNode args, String key) {
    return args.get(key).asLong();
  }

  private static double eps(JsonNode args) {
    return args.get("eps").asDouble();
  }

  private static boolean affine(JsonNode args, String key) {
    return args.get(key).asBoolean();
  }

  /** Loads {@code param.*} and {@code buffer.*}. */
  void loadFrom(Map<String, Tensor> tensors) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    state()
        .forEach(
            (name, mine) -> {
              String stored = "param." + aliases.getOrDefault(name, name);
              Tensor theirs = tensors.get(tensors.containsKey(stored) ? stored : "buffer." + name);
              // a 0-d buffer is stored with shape (1)
              values.put(name, Objects.requireNonNull(theirs, name).reshape(Tensors.shape(mine)));
            });
    load(values);
  }

  @Override
  public Tensor forward(Tensor x) {
    Map<String, Tensor> values = new HashMap<>(Map.of("x", x));
    Map<String, Parameter> parameters = new HashMap<>();
    for (JsonNode op : forward.get("ops")) {
      String out = op.get("out").asText();
      if (op.get("op").asText().equals("parameter")) {
        parameters.put(out, Objects.requireNonNull(bare.get(op.get("name").asText())));
      } else {
        values.put(out, apply(op, values, parameters));
      }
    }
    return Objects.requireNonNull(values.get(forward.get("output").asText()));
  }

  private Tensor apply(JsonNode op, Map<String, Tensor> values, Map<String, Parameter> parameters) {
    Tensor first = values.get(in(op, 0));
    return switch (op.get("op").asText()) {
      case "module" -> Objects.requireNonNull(modules.get(op.get("name").asText())).forward(first);
      case "relu" -> first.relu();
      case "tanh" -> first.tanh();
      case "gelu" -> torch.gelu(first);
      case "flatten" -> first.flatten(1, -1);
      case "flatten_range" -> first.flatten(dims(op)[0], dims(op)[1]);
      case "sum" -> first.sum(dim(op));
      case "mean" -> first.mean(dim(op));
      case "add" -> first.add(second(op, first, values, parameters));
      case "expand_batch" ->
          Objects.requireNonNull(parameters.get(in(op, 0)))
              .over(Objects.requireNonNull(values.get(in(op, 1))));
      case "cat" ->
          Tensors.cat(java.util.List.of(first, second(op, first, values, parameters)), dim(op));
      case "unflatten" -> first.unflatten(dim(op), Golden.longs(op.get("sizes")));
      case "transpose" -> first.transpose(dims(op)[0], dims(op)[1]);
      case "matmul" -> first.matmul(second(op, first, values, parameters));
      case "scale" -> first.mul(Tensors.scalar(op.get("by").asDouble()));
      case "softmax" -> torch.softmax(first, dim(op));
      case "select" -> first.select(dim(op), op.get("index").asLong());
      default -> throw new IllegalArgumentException("no operation " + op);
    };
  }

  private static Tensor second(
      JsonNode op, Tensor first, Map<String, Tensor> values, Map<String, Parameter> parameters) {
    Parameter p = parameters.get(in(op, 1));
    return p != null ? p.over(first) : Objects.requireNonNull(values.get(in(op, 1)));
  }

  private static String in(JsonNode op, int k) {
    return op.get("in").get(k).asText();
  }

  private static long dim(JsonNode op) {
    return op.get("dim").asLong();
  }

  private static long[] dims(JsonNode op) {
    return Golden.longs(op.get("dims"));
  }
}
