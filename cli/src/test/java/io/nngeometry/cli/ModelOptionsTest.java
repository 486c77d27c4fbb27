package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Networks by name; those of files are tested against the golden ones. */
class ModelOptionsTest {
  @TempDir private Path folder;

  /** A command that has nothing else. */
  @Command
  static final class Bare {
    @Mixin private ModelOptions model;
  }

  private static Network load(long seed, String... args) throws IOException {
    Bare bare = new Bare();
    new CommandLine(bare).parseArgs(args);
    return bare.model.load(seed);
  }

  private static Tensor first(Network network) {
    return network.layers().slots().get(0).parameter().tensor();
  }

  @Test
  void theSeedDrawsTheParameters() throws IOException {
    try (Scope scope = Scope.open()) {
      Network one = load(1, "--model=mlp", "--width=4", "--classes=3");
      assertThat(one.layers().size()).isEqualTo(4 * 65 + 3 * 5);
      assertThat(one.dtype()).isEqualTo(FloatType.FLOAT32);
      assertThat(first(one).equal(first(load(1, "--model=mlp", "--width=4")))).isTrue();
      assertThat(first(one).equal(first(load(2, "--model=mlp", "--width=4")))).isFalse();
    }
  }

  @Test
  void weightsOfAFileInTheTypeAskedFor() throws IOException {
    try (Scope scope = Scope.open()) {
      Network one = load(1, "--model=mlp");
      Path file = folder.resolve("w.safetensors");
      io.nngeometry.io.Weights.save(file, (io.nngeometry.nn.Module) one.model(), Map.of());
      Network two = load(2, "--model=mlp", "--weights=" + file, "--dtype=float64");
      assertThat(Tensors.type(first(two))).isEqualTo(ScalarType.Double);
      assertThat(first(two).equal(first(one).to(ScalarType.Double))).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          conv*         | conv1.weight conv1.bias conv2.weight conv2.bias
          fc?,conv1     | conv1.weight conv1.bias fc1.weight fc1.bias fc2.weight fc2.bias
          fc1.weight    | fc1.weight
          !*.bias,!fc*  | conv1.weight conv2.weight
          fc*,!fc2      | fc1.weight fc1.bias
          """)
  void layersByTheirNames(String globs, String names) throws IOException {
    try (Scope scope = Scope.open()) {
      Network network = load(0, "--model=small-conv", "--layers=" + globs);
      assertThat(network.layers().slots().stream().map(Layer.Slot::name))
          .containsExactly(names.split(" "));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layers=fc3                        | no layer or parameter is called 'fc3'; the layers are conv1, conv2, fc1, fc2
          --layers=!*                         | no parameter is left
          --layers=.*                         | is called '.*'
          --model=none                        | no model 'none'; there are small-conv, lenet, mlp, resnet20, resnet18, resnet50, transformer, or name a FILE.pt2
          --model=none.pt2                    | --model none.pt2: no such file
          --model=FOLDER                      | not a readable file
          --model=FOLDER/text.pt2             | --model FOLDER/text.pt2:
          --model=FOLDER/text.pt2 --width=3   | --width: a .pt2 file has its own
          --weights=none                      | --weights none: no such file
          --width=3                           | small-conv has a fixed width
          """)
  void whatThereIsNot(String line, String complaint) throws IOException {
    Files.writeString(folder.resolve("text.pt2"), "this is no archive");
    assertThatThrownBy(() -> load(0, line.replace("FOLDER", folder.toString()).split(" ")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(complaint.replace("FOLDER", folder.toString()));
  }
}
