package io.nngeometry.cli;

import io.nngeometry.data.Examples;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What commands about a matrix must find, from the weights that they wrote and dense algebra. */
final class Truths {
  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(3);

  private Truths() {}

  /** All elements of the matrix of the perceptron in {@code folder} on n held-out images. */
  static Tensor dense(Path folder, MatrixKind kind, int n, long seed) throws IOException {
    Module net = net(folder);
    try (Dataset some = Digits.test(seed).take(n).as(ScalarType.Double)) {
      Examples data = some.examples().batches(64);
      try (PMat m =
          kind == MatrixKind.FISHER
              ? Fisher.of(net, Metric.categorical()).on(data).as(Representation.DENSE)
              : Hessian.of(net, ExampleLoss.crossEntropy()).on(data).as(Representation.DENSE)) {
        return m.toDense();
      }
    }
  }

  /** The gradient of the mean cross entropy there, (d). */
  static Tensor gradient(Path folder, int n, long seed) throws IOException {
    Module net = net(folder);
    try (Dataset some = Digits.test(seed).take(n).as(ScalarType.Double)) {
      Tensor outputs = net.forward(some.inputs());
      Tensor loss = torch.cross_entropy_loss(outputs, some.targets().orElseThrow());
      return PVector.gradient(io.nngeometry.layers.LayerCollection.of(net), loss).tensor();
    }
  }

  /** A network of this kind for the embedded digits. */
  static Module forDigits(NetworkKind kind) {
    return kind.build(NetworkKind.Shape.of(new long[] {1, 8, 8}, Digits.CLASSES));
  }

  private static Module net(Path folder) throws IOException {
    Module net = forDigits(NetworkKind.MLP);
    Weights.load(folder.resolve("weights.safetensors"), NetworkKind.MLP, net);
    return net.to(ScalarType.Double);
  }

  /**
   * Runs a command in a process of its own and ends that as Ctrl-C does, once its state says so.
   */
  static int interrupted(Path folder, String sign, String... args) throws Exception {
    Path log = Files.createTempFile(folder.getParent(), "log", "");
    int exitCode = ended(Process::destroy, log, folder, sign, args);
    Path state = folder.resolve(Checkpoint.FILE);
    if (!Files.readString(log).contains("with --resume goes on from " + state)) {
      throw new AssertionError("does not say how to go on: " + Files.readString(log));
    }
    return exitCode;
  }

  /** The same, without a chance to put anything away: by kill -9. */
  static int killed(Path folder, String sign, String... args) throws Exception {
    Path log = Files.createTempFile(folder.getParent(), "log", "");
    return ended(Process::destroyForcibly, log, folder, sign, args);
  }

  private static int ended(
      Consumer<Process> end, Path log, Path folder, String sign, String... args) throws Exception {
    String[] virtualMachine = {
      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
      "-cp",
      System.getProperty("java.class.path"),
      "-Dnngeometry.terminal=false",
      Main.class.getName()
    };
    Process process =
        new ProcessBuilder(
                java.util.stream.Stream.concat(
                        java.util.Arrays.stream(virtualMachine), java.util.Arrays.stream(args))
                    .toList())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long begun = System.nanoTime();
    Path state = folder.resolve(Checkpoint.FILE);
    try {
      while (!Files.exists(state)
          || !new String(Files.readAllBytes(state), java.nio.charset.StandardCharsets.ISO_8859_1)
              .contains(sign)) {
        if (!process.isAlive() || System.nanoTime() - begun > PATIENCE) {
          throw new AssertionError("not to be interrupted: " + Files.readString(log));
        }
        Thread.sleep(5);
      }
      end.accept(process);
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new AssertionError("does not end: " + Files.readString(log));
      }
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue();
  }
}
