package io.nngeometry.io.program;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Archive;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.Program.Input;
import io.nngeometry.io.program.Program.Origin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The tensors of a program: parameters by full name, tied ones under each of theirs, and the others
 * by the name of their input in the graph.
 *
 * @param parameters in the order in which the network registers them
 * @param byInput the parameter that each input of the graph is
 * @param others buffers and constants by input of the graph
 * @param bufferNames full names of buffers by input of the graph
 */
record State(
    Map<String, Weight> parameters,
    Map<String, Weight> byInput,
    Map<String, Tensor> others,
    Map<String, String> bufferNames) {

  /** Takes the tensors that {@code program} needs out of {@code payloads}. */
  static State of(Program program, Payloads payloads, Archive archive) throws CorruptFileException {
    Map<String, Weight> parameters = new LinkedHashMap<>();
    Map<String, Weight> byInput = new HashMap<>();
    Map<Payloads.Place, Weight> byPlace = new LinkedHashMap<>();
    Map<String, Tensor> others = new HashMap<>();
    Map<String, String> bufferNames = new LinkedHashMap<>();
    for (Input input : program.inputs()) {
      switch (input.origin()) {
        case PARAMETER -> {
          Payloads.Payload p = payload(input, program, payloads, archive);
          Weight known = byPlace.get(p.place());
          if (known == null) {
            for (Map.Entry<Payloads.Place, Weight> e : byPlace.entrySet()) {
              if (e.getKey().clashes(p.place())) {
                throw archive.corrupt(
                    "parameters %s and %s share a part of their elements: only whole ones can be tied"
                        .formatted(e.getValue().names().get(0), input.fullName()));
              }
            }
            if (!p.tensor().is_floating_point()) {
              throw archive.corrupt(
                  "parameter %s is of type %s, not a floating one"
                      .formatted(ProgramReader.shown(input.fullName()), Tensors.type(p.tensor())));
            }
            known = new Weight(new io.nngeometry.layers.Parameter(p.tensor()), new ArrayList<>());
            byPlace.put(p.place(), known);
          }
          known.names().add(input.fullName());
          parameters.put(input.fullName(), known);
          byInput.put(input.name(), known);
        }
        case BUFFER, CONSTANT -> {
          Tensor stored = payload(input, program, payloads, archive).tensor();
          others.put(input.name(), Scope.detach(stored.clone()));
          if (input.origin() == Origin.BUFFER) {
            bufferNames.put(input.name(), input.fullName());
          }
        }
        case USER, FIXED -> {
          // not of the state
        }
      }
    }
    return new State(parameters, byInput, others, bufferNames);
  }

  private static Payloads.Payload payload(
      Input input, Program program, Payloads payloads, Archive archive)
      throws CorruptFileException {
    Payloads.Payload p = payloads.byName().get(input.fullName());
    if (p == null) {
      throw archive.corrupt(
          "it holds no tensor '%s'".formatted(ProgramReader.shown(input.fullName())));
    }
    Program.TensorFacts facts = program.tensors().get(input.name());
    if (facts != null
        && (facts.type() != Tensors.type(p.tensor())
            || !Arrays.equals(facts.hints(), Tensors.shape(p.tensor())))) {
      throw archive.corrupt(
          "'%s' has type %s and shape %s, and its graph says otherwise"
              .formatted(
                  ProgramReader.shown(input.fullName()),
                  Tensors.type(p.tensor()),
                  Arrays.toString(Tensors.shape(p.tensor()))));
    }
    return p;
  }

  /** A parameter and the full names it has, the first one first. */
  record Weight(io.nngeometry.layers.Parameter parameter, List<String> names) {}

  /** A copy whose floating tensors are of {@code type}. */
  State to(ScalarType type) {
    Map<Weight, Weight> converted = new java.util.IdentityHashMap<>();
    Map<String, Weight> all = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      parameters.forEach(
          (name, p) ->
              all.put(
                  name,
                  converted.computeIfAbsent(
                      p,
                      q ->
                          new Weight(
                              new io.nngeometry.layers.Parameter(q.parameter().tensor().to(type)),
                              q.names()))));
      Map<String, Weight> inputs = new HashMap<>();
      byInput.forEach((name, p) -> inputs.put(name, Objects.requireNonNull(converted.get(p))));
      Map<String, Tensor> rest = new HashMap<>();
      others.forEach(
          (name, t) ->
              rest.put(name, Scope.detach(t.is_floating_point() ? t.to(type).clone() : t.clone())));
      return new State(all, inputs, rest, bufferNames);
    }
  }
}
