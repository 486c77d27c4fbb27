package io.nngeometry.io.program;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.io.Archive;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.Program.Input;
import io.nngeometry.io.program.Program.Origin;
import io.nngeometry.io.program.Program.Range;
import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Reads the graph of an archive: the JSON of torch.export's schema, version 8 (torch/_export/serde
 * names its parts). Unknown parts are ignored; unknown kinds of arguments are refused.
 */
final class ProgramReader {
  private static final int MAJOR_VERSION = 8;

  private final Archive archive;
  private final ArchiveJson json;

  ProgramReader(Archive archive) {
    this.archive = archive;
    this.json = new ArchiveJson(archive);
  }

  /** Reads the one graph of {@code archive}. */
  static Program read(Archive archive) throws IOException {
    List<String> models =
        archive.names().stream().filter(n -> n.matches("models/[^/]+\\.json")).toList();
    if (models.size() != 1) {
      throw archive.corrupt(
          models.isEmpty()
              ? "it holds no exported program (models/*.json): write it with torch.export.save of"
                  + " PyTorch 2.7 or later"
              : "it holds %d programs, not one".formatted(models.size()));
    }
    ProgramReader reader = new ProgramReader(archive);
    return reader.program(reader.json.read(models.get(0)));
  }

  private Program program(JsonNode root) throws CorruptFileException {
    long major = json.integer(json.need(json.need(root, "schema_version"), "major"));
    if (major != MAJOR_VERSION) {
      throw archive.corrupt(
          "its graph has schema version %d, and this library reads %d: write it with a PyTorch from 2.7 on"
              .formatted(major, MAJOR_VERSION));
    }
    JsonNode module = json.need(root, "graph_module");
    JsonNode graph = json.need(module, "graph");
    Map<String, TensorFacts> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : json.object(json.need(graph, "tensor_values"))) {
      tensors.put(e.getKey(), tensorFacts(e.getValue()));
    }
    Map<String, Size> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : json.object(json.need(graph, "sym_int_values"))) {
      numbers.put(e.getKey(), size(e.getValue()));
    }
    Map<String, Range> ranges = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : json.object(json.need(root, "range_constraints"))) {
      ranges.put(e.getKey(), range(e.getValue()));
    }
    JsonNode signature = json.need(module, "signature");
    List<Node> nodes = new ArrayList<>();
    for (JsonNode n : json.array(json.need(graph, "nodes"))) {
      nodes.add(node(n));
    }
    Program program =
        new Program(
            inputs(json.array(json.need(signature, "input_specs"))),
            List.copyOf(nodes),
            outputs(json.array(json.need(signature, "output_specs"))),
            tensors,
            numbers,
            ranges);
    checkOrder(program);
    return program;
  }

  private List<Input> inputs(Iterable<JsonNode> specs) throws CorruptFileException {
    List<Input> inputs = new ArrayList<>();
    for (JsonNode spec : specs) {
      Map.Entry<String, JsonNode> only = json.only(spec);
      JsonNode s = only.getValue();
      inputs.add(
          switch (only.getKey()) {
            case "user_input" -> userInput(json.need(s, "arg"));
            case "parameter" -> stored(s, Origin.PARAMETER, "parameter_name");
            case "buffer" -> stored(s, Origin.BUFFER, "buffer_name");
            case "tensor_constant" -> stored(s, Origin.CONSTANT, "tensor_constant_name");
            case "constant_input" ->
                new Input(
                    json.text(json.need(s, "name")), Origin.FIXED, json.text(json.need(s, "name")));
            default ->
                throw archive.corrupt(
                    "it takes an input of kind '%s', which is not supported"
                        .formatted(shown(only.getKey())));
          });
    }
    return List.copyOf(inputs);
  }

  private Input userInput(JsonNode arg) throws CorruptFileException {
    Argument a = argument(arg);
    if (a instanceof Argument.Reference r) {
      return new Input(r.name(), Origin.USER, r.name());
    }
    throw archive.corrupt("one of its inputs is neither a tensor nor a number");
  }

  private Input stored(JsonNode spec, Origin origin, String key) throws CorruptFileException {
    return new Input(
        json.text(json.need(json.need(spec, "arg"), "name")),
        origin,
        json.text(json.need(spec, key)));
  }

  private List<Argument> outputs(Iterable<JsonNode> specs) throws CorruptFileException {
    List<Argument> outputs = new ArrayList<>();
    for (JsonNode spec : specs) {
      Map.Entry<String, JsonNode> only = json.only(spec);
      switch (only.getKey()) {
        case "user_output", "loss_output" -> {
          JsonNode arg = json.need(only.getValue(), "arg");
          outputs.add(
              only.getKey().equals("user_output")
                  ? argument(arg)
                  : new Argument.Reference(json.text(json.need(arg, "name"))));
        }
        default -> {
          // what a training graph writes back to its buffers is no output of the function
        }
      }
    }
    return List.copyOf(outputs);
  }

  private Node node(JsonNode n) throws CorruptFileException {
    Map<String, Argument> arguments = new LinkedHashMap<>();
    for (JsonNode in : json.array(json.need(n, "inputs"))) {
      String name = json.text(json.need(in, "name"));
      // Python's own functions have arguments without names
      String key = name.isEmpty() ? "#" + arguments.size() : name;
      if (arguments.put(key, argument(json.need(in, "arg"))) != null) {
        throw archive.corrupt("a call has two arguments '" + shown(name) + "'");
      }
    }
    List<@Nullable String> outputs = new ArrayList<>();
    for (JsonNode out : json.array(json.need(n, "outputs"))) {
      outputs(argument(out), outputs);
    }
    String module = module(n.path("metadata").path("nn_module_stack").asText(""));
    return new Node(
        json.text(json.need(n, "target")),
        arguments,
        java.util.Collections.unmodifiableList(outputs),
        module);
  }

  private void outputs(Argument out, List<@Nullable String> names) throws CorruptFileException {
    if (out instanceof Argument.Reference r) {
      names.add(r.name());
    } else if (out instanceof Argument.Sequence s) {
      for (Argument e : s.elements()) {
        outputs(e, names);
      }
    } else if (out.equals(Argument.NONE)) {
      names.add(null);
    } else {
      throw archive.corrupt("a call gives a constant");
    }
  }

  /** {@code L__self__,,Net;L__self__fc@1,fc,torch.nn.Linear}: the second field of the last one. */
  private static String module(String stack) {
    String last = stack.substring(stack.lastIndexOf(';') + 1);
    String[] fields = last.split(",", -1);
    String path = fields.length < 3 ? "" : fields[1];
    // the same module called again is path@1; no path holds what the exporter calls a missing stack
    return path.startsWith("_empty_nn_module_stack") ? "" : path.replaceAll("@\\d+", "");
  }

  private Argument argument(JsonNode n) throws CorruptFileException {
    Map.Entry<String, JsonNode> only = json.only(n);
    JsonNode v = only.getValue();
    return switch (only.getKey()) {
      case "as_none" -> Argument.NONE;
      case "as_tensor" -> new Argument.Reference(json.text(json.need(v, "name")));
      case "as_name" -> new Argument.Reference(json.text(v));
      case "as_tensors" ->
          sequence(v, e -> new Argument.Reference(json.text(json.need(e, "name"))));
      case "as_optional_tensors", "as_sym_ints", "as_sym_floats", "as_sym_bools" ->
          sequence(v, this::argument);
      case "as_sym_int", "as_sym_float", "as_sym_bool", "as_optional_tensor" -> argument(v);
      case "as_int" -> new Argument.Literal(json.integer(v));
      case "as_ints" -> sequence(v, e -> new Argument.Literal(json.integer(e)));
      case "as_float" -> new Argument.Literal(json.real(v));
      case "as_floats" -> sequence(v, e -> new Argument.Literal(json.real(e)));
      case "as_bool" -> new Argument.Literal(json.bool(v));
      case "as_bools" -> sequence(v, e -> new Argument.Literal(json.bool(e)));
      case "as_string" -> new Argument.Literal(json.text(v));
      case "as_scalar_type" -> new Argument.Literal((long) scalarType(v).value);
      case "as_memory_format" -> new Argument.Literal(memoryFormat(json.integer(v)));
      case "as_layout" -> new Argument.Literal(layout(json.integer(v)));
      // whatever device the program was exported on, it runs here
      case "as_device" -> new Argument.Literal("cpu");
      default ->
          throw archive.corrupt(
              "its graph has an argument of kind '%s', which is not supported"
                  .formatted(shown(only.getKey())));
    };
  }

  /** Reads an element. */
  private interface Element {
    Argument read(JsonNode n) throws CorruptFileException;
  }

  private Argument sequence(JsonNode n, Element element) throws CorruptFileException {
    List<Argument> elements = new ArrayList<>();
    for (JsonNode e : json.array(n)) {
      elements.add(element.read(e));
    }
    return new Argument.Sequence(elements);
  }

  /** Type and shape of a tensor. */
  TensorFacts tensorFacts(JsonNode n) throws CorruptFileException {
    List<Size> sizes = new ArrayList<>();
    for (JsonNode s : json.array(json.need(n, "sizes"))) {
      Size size = size(s);
      if (size.hint() < 0) {
        throw archive.corrupt("a tensor in its graph has a negative size");
      }
      sizes.add(size);
    }
    return new TensorFacts(scalarType(json.need(n, "dtype")), sizes);
  }

  private Size size(JsonNode n) throws CorruptFileException {
    Map.Entry<String, JsonNode> only = json.only(n);
    if (only.getKey().equals("as_int")) {
      return Size.fixed(json.integer(only.getValue()));
    }
    JsonNode expression = json.need(only.getValue(), "expr_str");
    JsonNode hint = only.getValue().path("hint").path("as_int");
    return new Size(
        hint.canConvertToLong() ? hint.longValue() : 0, Optional.of(json.text(expression)));
  }

  private Range range(JsonNode n) {
    return new Range(
        n.path("min_val").asLong(0),
        n.path("max_val").isNumber() ? n.path("max_val").asLong() : Long.MAX_VALUE);
  }

  /** Every value is defined once, before it is used. */
  private void checkOrder(Program program) throws CorruptFileException {
    Set<String> known = new HashSet<>();
    for (Input input : program.inputs()) {
      define(input.name(), known);
    }
    for (Node node : program.nodes()) {
      check(node.references().toList(), known);
      for (@Nullable String out : node.outputs()) {
        if (out != null) {
          define(out, known);
        }
      }
    }
    for (Argument out : program.outputs()) {
      check(out.references().toList(), known);
    }
  }

  private void define(String name, Set<String> known) throws CorruptFileException {
    if (!known.add(name)) {
      throw archive.corrupt("its graph defines '%s' twice".formatted(shown(name)));
    }
  }

  private void check(List<String> names, Set<String> known) throws CorruptFileException {
    for (String name : names) {
      if (!known.contains(name)) {
        throw archive.corrupt("its graph uses '%s' before it is defined".formatted(shown(name)));
      }
    }
  }

  /** The element type that the schema numbers so. */
  private ScalarType scalarType(JsonNode n) throws CorruptFileException {
    long code = json.integer(n);
    return switch ((int) Math.max(-1, Math.min(code, 99))) {
      case 1 -> ScalarType.Byte;
      case 2 -> ScalarType.Char;
      case 3 -> ScalarType.Short;
      case 4 -> ScalarType.Int;
      case 5 -> ScalarType.Long;
      case 6 -> ScalarType.Half;
      case 7 -> ScalarType.Float;
      case 8 -> ScalarType.Double;
      case 12 -> ScalarType.Bool;
      case 13 -> ScalarType.BFloat16;
      default ->
          throw archive.corrupt("an element type numbered %d is not supported".formatted(code));
    };
  }

  /** libtorch's number of the memory format that the schema numbers so. */
  private Long memoryFormat(long code) throws CorruptFileException {
    return switch ((int) Math.max(0, Math.min(code, 99))) {
      case 1 -> 0L;
      case 2 -> 2L;
      case 3 -> 3L;
      case 4 -> 1L;
      default -> throw archive.corrupt("a memory format numbered %d is not known".formatted(code));
    };
  }

  private Long layout(long code) throws CorruptFileException {
    if (code != 7) {
      throw archive.corrupt("a tensor is not dense (layout %d)".formatted(code));
    }
    return 0L;
  }

  static String shown(String text) {
    String start = text.length() > 100 ? text.substring(0, 100) + "..." : text;
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
