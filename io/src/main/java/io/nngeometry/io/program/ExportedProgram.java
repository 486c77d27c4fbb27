package io.nngeometry.io.program;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Archive;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import io.nngeometry.layers.Model;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import io.nngeometry.layers.UncoveredParameterException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network that PyTorch exported: a {@code .pt2} file of {@code torch.export.save}. It runs call
 * by call on libtorch, for any number of examples that the export allows, and its operators with
 * parameters are layers under the names of the modules that they came from.
 *
 * <pre>{@code
 * // Python: torch.export.save(torch.export.export(net.eval(), (x,), dynamic_shapes=({0: Dim.AUTO},)), "net.pt2")
 * ExportedProgram net = ExportedProgram.load(Path.of("net.pt2"));
 * PMat F = Fisher.of(net, Metric.categorical()).on(data).as(KFAC);
 * }</pre>
 *
 * Dropout is off, whatever the network's mode was when it was exported.
 */
public final class ExportedProgram implements Model {
  private final Program program;
  private final State state;
  private final Batch batch;
  private final ScalarType exported;
  private final ScalarType type;
  private final Compiler.Compiled compiled;

  private ExportedProgram(Program program, State state, ScalarType exported, ScalarType type) {
    this.program = program;
    this.state = state;
    this.batch = Batch.of(program);
    this.exported = exported;
    this.type = type;
    this.compiled = Compiler.compile(program, state, batch, new Calls.Retyping(exported, type));
  }

  /**
   * Reads a program.
   *
   * @throws CorruptFileException if the file is no such archive, damaged, or made to deceive
   * @throws UnsupportedOperatorException naming all operators that this library does not run
   * @throws TrainingModeException if examples depend on each other, naming the modules
   * @throws IOException if it cannot be read
   */
  public static ExportedProgram load(Path file) throws IOException {
    Engine.start();
    try (Archive archive = Archive.open(file);
        Scope scope = Scope.open()) {
      Program program = Generalisation.of(Functional.of(ProgramReader.read(archive)));
      State state = State.of(program, Payloads.read(archive), archive);
      ScalarType type =
          state.parameters().values().stream()
              .findFirst()
              .map(w -> Tensors.type(w.parameter().tensor()))
              .orElse(ScalarType.Float);
      return new ExportedProgram(program, state, type, type);
    } catch (UnsupportedOperatorException | TrainingModeException e) {
      throw e;
    } catch (RuntimeException e) {
      // a graph that contradicts itself fails in many places
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new CorruptFileException(file, "its graph cannot be run: " + reason, e);
    }
  }

  /** The same program with parameters, floating buffers and constants of {@code type}. */
  public ExportedProgram to(ScalarType type) {
    try (Scope scope = Scope.open()) {
      return new ExportedProgram(program, state.to(type), exported, type);
    }
  }

  /**
   * Applies the program.
   *
   * @param inputs as many as the exported network took, each (n, ...)
   * @return its first output, (n, ...)
   * @throws IllegalArgumentException naming the input, if it has another type or shape than the
   *     export allows
   */
  @Override
  public Tensor forward(Tensor... inputs) {
    List<String> names = program.userInputs();
    if (inputs.length != names.size()) {
      throw new IllegalArgumentException(
          "the program takes %d inputs (%s), got %d"
              .formatted(names.size(), String.join(", ", names), inputs.length));
    }
    checkInputs(names, inputs);
    Frame frame = compiled.constants().begin(inputs[0]);
    for (int k = 0; k < inputs.length; k++) {
      frame.put(slot(names.get(k)), inputs[k]);
    }
    checkCovered();
    for (Context.Bound bound : compiled.steps()) {
      try {
        bound.step().run(frame);
      } catch (RuntimeException e) {
        throw failure(bound.shown(), e);
      }
    }
    return compiled.outputs().get(0).of(frame);
  }

  /** One line that names the call; what the library itself says passes as it is. */
  private static RuntimeException failure(String shown, RuntimeException e) {
    if (e instanceof UncoveredParameterException) {
      return e;
    }
    // libtorch's own come with a trace of many lines
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new IllegalArgumentException("the program failed at %s: %s".formatted(shown, reason), e);
  }

  private int slot(String name) {
    return java.util.Objects.requireNonNull(compiled.slots().get(name));
  }

  /** Fails on all uses at once that the running pass does not allow. */
  private void checkCovered() {
    Set<String> names = new LinkedHashSet<>();
    Set<String> uses = new LinkedHashSet<>();
    for (Compiler.Uncovered use : compiled.uncovered()) {
      for (Parameter p : use.parameters()) {
        try {
          p.value();
        } catch (UncoveredParameterException e) {
          names.addAll(e.parameters());
          uses.add("%s with %s".formatted(use.operator(), String.join(", ", e.parameters())));
        }
      }
    }
    if (!names.isEmpty()) {
      throw new UncoveredParameterException(
          List.copyOf(names),
          "no rule covers %s: leave them out with LayerCollection.without(...), or allow the slow per-example fallback"
              .formatted(String.join(", ", uses)));
    }
  }

  private void checkInputs(List<String> names, Tensor... inputs) {
    Map<String, Long> symbols = new HashMap<>();
    for (int k = 0; k < inputs.length; k++) {
      TensorFacts facts = program.tensors().get(names.get(k));
      if (facts == null) {
        throw new IllegalArgumentException("input " + names.get(k) + " is no tensor");
      }
      long[] shape = Tensors.shape(inputs[k]);
      boolean fits = shape.length == facts.sizes().size();
      for (int axis = 0; fits && axis < shape.length; axis++) {
        fits = fits(facts.sizes().get(axis), shape[axis], symbols);
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "input %s has shape %s, and the program takes %s%s"
                .formatted(
                    names.get(k),
                    Arrays.toString(shape),
                    facts.sizes(),
                    batch.isFixed()
                        ? ": the export fixed the number of examples, give it dynamic_shapes"
                        : ranges(facts)));
      }
      if (facts.type() != exported && Tensors.type(inputs[k]) != facts.type()) {
        throw new IllegalArgumentException(
            "input %s is %s, and the program takes %s"
                .formatted(names.get(k), Tensors.type(inputs[k]), facts.type()));
      }
    }
  }

  private boolean fits(Size size, long actual, Map<String, Long> symbols) {
    if (size.expression().isEmpty()) {
      return size.hint() == actual;
    }
    if (size.symbol().isEmpty()) {
      return true; // an expression: the calls themselves will tell
    }
    String symbol = size.symbol().get();
    Long known = symbols.putIfAbsent(symbol, actual);
    Program.Range range =
        program.ranges().getOrDefault(symbol, new Program.Range(0, Long.MAX_VALUE));
    // exports write 2 for a least size that was only never tried with 1
    long least = range.least() <= 2 ? 1 : range.least();
    return (known == null || known == actual) && least <= actual && actual <= range.greatest();
  }

  private String ranges(TensorFacts facts) {
    StringBuilder text = new StringBuilder();
    for (Size s : facts.sizes()) {
      s.symbol()
          .filter(program.ranges()::containsKey)
          .ifPresent(
              name -> {
                Program.Range r = java.util.Objects.requireNonNull(program.ranges().get(name));
                text.append(" with %s from %d to %d".formatted(name, r.least(), r.greatest()));
              });
    }
    return text.toString();
  }

  @Override
  public Map<String, ParametricLayer> layers() {
    return Collections.unmodifiableMap(compiled.layers());
  }

  @Override
  public List<String> partsInTraining() {
    return List.of();
  }

  /** Every parameter by its first full name, once, in the order of registration. */
  public Map<String, Parameter> namedParameters() {
    Map<String, Parameter> named = new LinkedHashMap<>();
    state
        .parameters()
        .forEach(
            (name, weight) -> {
              if (weight.names().get(0).equals(name)) {
                named.put(name, weight.parameter());
              }
            });
    return named;
  }

  /** The buffers by full name: views, not copies. */
  public Map<String, Tensor> namedBuffers() {
    Map<String, Tensor> named = new LinkedHashMap<>();
    state
        .bufferNames()
        .forEach(
            (input, name) ->
                named.put(name, java.util.Objects.requireNonNull(state.others().get(input))));
    return named;
  }

  /**
   * Zeros as the program takes them, of one example each, or of as many as the export fixed; sizes
   * that it left open are those of its example. They belong to the caller.
   */
  public List<Tensor> oneExample() {
    return program.userInputs().stream()
        .map(name -> java.util.Objects.requireNonNull(program.tensors().get(name), name))
        .map(this::zeros)
        .toList();
  }

  private Tensor zeros(TensorFacts facts) {
    long[] sizes = facts.hints();
    if (sizes.length > 0 && !batch.isFixed()) {
      sizes[0] = 1;
    }
    ScalarType mine = facts.type() == exported ? type : facts.type();
    return torch.zeros(sizes, Tensors.options(mine));
  }

  /** Names of the inputs, in order. */
  public List<String> inputNames() {
    return program.userInputs();
  }

  /**
   * The parameters that no rule covers, with the operators that use them, as {@code
   * aten.op.overload: name, name}; empty if the geometry of all of them can be taken.
   */
  public List<String> uncovered() {
    return compiled.uncovered().stream()
        .map(
            u ->
                u.operator()
                    + ": "
                    + String.join(
                        ", ", u.parameters().stream().map(this::firstName).distinct().toList()))
        .toList();
  }

  private String firstName(Parameter p) {
    return state.parameters().values().stream()
        .filter(w -> w.parameter() == p)
        .findFirst()
        .map(w -> w.names().get(0))
        .orElse("?");
  }
}
