package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.FVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Networks that {@code benchmarks/peers/export_nets.py} exported into the folder that the property
 * {@code nngeometry.exports} names, against what PyTorch says of them. Whoever has Python can
 * repeat the check; without the folder there is nothing to check.
 */
class ExportedFolderTest {
  private static final String PROPERTY = "nngeometry.exports";
  private static final double TOLERANCE = 1e-10;

  /** A Hessian takes two passes of all kinds; beyond this many parameters it is left out. */
  private static final long FEW = 200_000;

  @Test
  void thereIsAFolder() {
    if (System.getProperty(PROPERTY) == null) {
      abort(
          "no folder of exports: make one with benchmarks/peers/export_nets.py and name it by -D"
              + PROPERTY
              + "=FOLDER");
    }
    assertThat(Path.of(System.getProperty(PROPERTY))).isDirectoryContaining("glob:**.pt2");
  }

  @TestFactory
  Stream<DynamicTest> everyNetIsAsPyTorchSays() throws IOException {
    String folder = System.getProperty(PROPERTY);
    if (folder == null) {
      return Stream.empty();
    }
    List<Path> programs;
    try (Stream<Path> files = Files.list(Path.of(folder))) {
      programs = files.filter(f -> f.toString().endsWith(".pt2")).sorted().toList();
    }
    return programs.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    Path beside = Path.of(file.toString().replaceAll("\\.pt2$", ".safetensors"));
    try (Scope scope = Scope.open()) {
      TensorFile truth = Safetensors.read(beside);
      ExportedProgram program = ExportedProgram.load(file);
      Tensor[] xs = inputs(truth);
      Tensor f = program.forward(xs);
      close("outputs", f, truth.get("f"));
      Map<String, Parameter> named = program.namedParameters();
      List<Tensor> parameters = named.values().stream().map(Parameter::tensor).toList();
      List<Tensor> gradients = Tensors.gradients(f, truth.get("s"), parameters, false);
      double square = 0;
      for (String name : named.keySet()) {
        square += Tensors.item(truth.get("g." + name).square().sum());
      }
      int k = 0;
      for (String name : named.keySet()) {
        // that of a bias before a normalisation is zero but for rounding
        Tensor error = gradients.get(k++).sub(truth.get("g." + name));
        assertThat(Calculus.norm(error)).as(name).isLessThan(TOLERANCE * Math.sqrt(square));
      }
      assertThat(truth.tensors().keySet().stream().filter(n -> n.startsWith("g."))).hasSize(k);
      assertThat(program.uncovered()).isEmpty();
      geometry(program, xs, truth.get("s"), square);
      single(program, xs, truth.get("f"));
    }
  }

  private static Tensor[] inputs(TensorFile truth) {
    List<Tensor> inputs = new ArrayList<>();
    for (int k = 0; truth.tensors().containsKey("x" + k); k++) {
      inputs.add(truth.get("x" + k));
    }
    return inputs.toArray(Tensor[]::new);
  }

  /** The tangent kernel knows the norm of the gradient; matrices agree on their traces. */
  private static void geometry(ExportedProgram program, Tensor[] xs, Tensor s, double square) {
    LayerCollection layers = LayerCollection.of(program);
    Examples data = Examples.of(List.of(xs), null).batches(2);
    long n = xs[0].size(0);
    Tensor u = s.reshape(n, -1).t().contiguous();
    try (var kernel = TangentKernel.of(program).on(data).dense()) {
      assertThat(kernel.quadraticForm(FVector.of(u)) / square).isCloseTo(1, within(TOLERANCE));
      List<PMat> matrices =
          Fisher.of(program, Metric.gaussian())
              .on(data)
              .as(Representation.DIAG, Representation.KFAC, Representation.EKFAC);
      double trace = kernel.trace() / n;
      assertThat(matrices.get(0).trace() / trace).isCloseTo(1, within(TOLERANCE));
      assertThat(matrices.get(2).trace() / trace).isCloseTo(1, within(TOLERANCE));
      assertThat(matrices.get(1).trace()).isPositive().isFinite();
      matrices.forEach(PMat::close);
    }
    if (layers.size() <= FEW) {
      hessian(program, layers, xs, s);
    }
  }

  private static void hessian(
      ExportedProgram program, LayerCollection layers, Tensor[] xs, Tensor aims) {
    Tensor v = Tensors.randn(3, Tensors.options(aims), 1, layers.size());
    Tensor f = program.forward(xs);
    Tensor loss = f.sub(aims).square().sum().div(Tensors.scalar(2.0 * aims.size(0)));
    List<Tensor> leaves = Calculus.leaves(layers);
    Tensor gradient = Calculus.differentiableGradient(loss, leaves);
    List<Tensor> parts = Tensors.gradients(gradient, v.select(0, 0), leaves, false);
    Tensor expected = Tensors.cat(parts.stream().map(t -> t.reshape(-1)).toList(), 0);
    try (PMat h =
        Hessian.of(program, ExampleLoss.of(Metric.gaussian()))
            .on(Examples.of(List.of(xs), aims).batches(2))
            .as(Representation.IMPLICIT)) {
      close("Hessian", h.apply(v).squeeze(0), expected);
    }
  }

  private static void single(ExportedProgram program, Tensor[] xs, Tensor f) {
    try (GradMode none = GradMode.disabled()) {
      Tensor[] floats = new Tensor[xs.length];
      for (int k = 0; k < xs.length; k++) {
        floats[k] = xs[k].is_floating_point() ? xs[k].to(ScalarType.Float) : xs[k];
      }
      Tensor mine = program.to(ScalarType.Float).forward(floats).to(ScalarType.Double);
      assertThat(Calculus.relativeError(mine, f)).as("in float32").isLessThan(1e-5);
    }
  }

  private static void close(String what, Tensor actual, Tensor expected) {
    Calculus.assertClose(what, actual, expected, TOLERANCE);
  }
}
