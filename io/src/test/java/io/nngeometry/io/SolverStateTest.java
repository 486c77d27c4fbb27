package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.CancelledException;
import io.nngeometry.linalg.Effort;
import io.nngeometry.linalg.HutchPlusPlus;
import io.nngeometry.linalg.Hutchinson;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.LinearOperator;
import io.nngeometry.linalg.Monitor;
import io.nngeometry.linalg.Slq;
import io.nngeometry.linalg.XTrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an iterative method is stopped in goes through a file. */
class SolverStateTest {
  private static final TensorOptions DOUBLE = Tensors.options(ScalarType.Double);
  private static final Tensor ROOT = Tensors.randn(1, DOUBLE, 90, 80);

  @TempDir Path directory;

  private static final LinearOperator OPERATOR =
      new LinearOperator() {
        @Override
        public long size() {
          return 80;
        }

        @Override
        public Tensor apply(Tensor vectors) {
          return vectors.matmul(ROOT.t()).matmul(ROOT);
        }
      };

  /** A number by a method under a monitor. */
  private interface Method extends Function<Monitor, Double> {}

  static Stream<Arguments> methods() {
    Effort effort = Effort.products(60);
    Method hutchinson = m -> Hutchinson.of(effort, 1).monitored(m).trace(OPERATOR, DOUBLE).value();
    Method plus = m -> HutchPlusPlus.of(effort, 1).monitored(m).trace(OPERATOR, DOUBLE).value();
    Method cross = m -> XTrace.of(effort, 1).monitored(m).trace(OPERATOR, DOUBLE).value();
    Method slq = m -> Slq.of(4, 15, 1).monitored(m).logDeterminant(OPERATOR, 1, DOUBLE).value();
    Method lanczos = m -> Lanczos.DEFAULT.monitored(m).spectralNorm(OPERATOR, DOUBLE);
    return Stream.of(
        Arguments.of("Hutchinson", hutchinson),
        Arguments.of("Hutch++", plus),
        Arguments.of("XTrace", cross),
        Arguments.of("SLQ", slq),
        Arguments.of("Lanczos", lanczos));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("methods")
  void aStateIsSavedAndGoneOnFrom(String name, Method method) throws IOException {
    double whole = method.apply(Monitor.SILENT);
    for (long stop : new long[] {1, 20}) {
      Path file = directory.resolve("state" + stop + ".safetensors");
      assertThatThrownBy(
              () ->
                  method.apply(
                      p -> {
                        if (p.done() >= stop) {
                          p.cancel();
                        }
                      }))
          .isInstanceOfSatisfying(
              CancelledException.class,
              e -> {
                try {
                  Safetensors.write(file, e.state(), Map.of());
                } catch (IOException x) {
                  throw new java.io.UncheckedIOException(x);
                }
              });
      try (TensorFile saved = Safetensors.read(file)) {
        assertThat(method.apply(Monitor.SILENT.resuming(saved.tensors()))).isEqualTo(whole);
      }
    }
  }

  @Test
  void aStateOfAnotherMethodIsRefused() {
    Map<String, Tensor> stranger = Map.of("weights", Tensors.of(new double[] {1}, 1));
    assertThatThrownBy(
            () ->
                XTrace.of(Effort.products(60), 1)
                    .monitored(Monitor.SILENT.resuming(stranger))
                    .trace(OPERATOR, DOUBLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("XTrace/identity")
        .hasMessageContaining("weights");
  }
}
