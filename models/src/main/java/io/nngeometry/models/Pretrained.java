package io.nngeometry.models;

import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;

/**
 * A network with the weights that a training gave it, which are part of the library.
 *
 * @param net the network, in evaluation mode, in float32
 * @param recipe the training: the options of {@code nngeometry train} by name, and {@code
 *     test_accuracy}
 */
public record Pretrained(Module net, Map<String, String> recipe) {
  private static final String FASHION_MNIST = "resnet20-fashion-mnist.safetensors";

  /** Copies the recipe. */
  public Pretrained {
    recipe = Map.copyOf(recipe);
  }

  /**
   * A {@link ResNetCifar#resNet20 ResNet-20} of width 8 for Fashion-MNIST (Xiao et al. 2017): grey
   * images (n, 1, 28, 28) with pixels from -1 (black) to 1, and the logits of ten classes. The file
   * beside the weights, {@code resnet20-fashion-mnist.txt}, has the command that trained it.
   */
  public static Pretrained fashionMnist() {
    return of(ResNetCifar.resNet20(1, 8, 10), FASHION_MNIST);
  }

  /** The share of the held-out examples that the network classifies rightly. */
  public double testAccuracy() {
    return Double.parseDouble(Objects.requireNonNull(recipe.get("test_accuracy")));
  }

  private static Pretrained of(Module net, String resource) {
    try {
      Path file = Files.createTempFile("nngeometry", ".safetensors");
      try (InputStream in =
          Objects.requireNonNull(Pretrained.class.getResourceAsStream(resource), resource)) {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        try (TensorFile weights = Safetensors.read(file)) {
          net.load(weights.tensors());
          net.eval();
          return new Pretrained(net, weights.metadata());
        }
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
