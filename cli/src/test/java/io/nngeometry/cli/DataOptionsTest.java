package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.models.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class DataOptionsTest {
  @TempDir private Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Command(name = "some")
  private static final class Some {
    @Mixin private DataOptions data;
  }

  private static DataOptions options(String... arguments) {
    Some some = new Some();
    new CommandLine(some).parseArgs(arguments);
    return some.data;
  }

  private static Dataset load(String... arguments) throws IOException {
    return options(arguments).load(FloatType.FLOAT64);
  }

  @Test
  void theDefaultIsTheDigitsHeldOut() throws IOException {
    Dataset digits = load();
    assertThat(digits.size()).isEqualTo(450);
    assertThat(Tensors.type(digits.inputs())).isEqualTo(ScalarType.Double);
    assertThat(load("--split", "train").size()).isEqualTo(1347);
    assertThat(load("--split", "all", "--n", "7").size()).isEqualTo(7);
    Map<String, Object> settings = new LinkedHashMap<>();
    options("--seed", "3", "--shuffle").addTo(settings, digits);
    assertThat(settings)
        .containsEntry("data", "digits")
        .containsEntry("split", "test")
        .containsEntry("n", 450)
        .containsEntry("shuffle", true)
        .containsEntry("seed", 3L);
  }

  @Test
  void picturesAreBroughtToSizeColourAndScale() throws IOException {
    Dataset framed = load("--resize", "4x6", "--colour", "rgb", "--normalise", "unit", "--n", "5");
    assertThat(framed.shape()).containsExactly(3, 4, 6);
    double[] pixels = Tensors.toArray(framed.inputs());
    assertThat(Arrays.stream(pixels).min().orElseThrow()).isGreaterThanOrEqualTo(0);
    assertThat(Arrays.stream(pixels).max().orElseThrow()).isLessThanOrEqualTo(1);
    Tensor standard = load("--split", "train", "--normalise", "standard").inputs();
    assertThat(Math.abs(Tensors.item(standard.mean()))).isLessThan(1e-12);
  }

  @Test
  void filesKeepTheirIntegersAndAreReadWhole() throws IOException {
    Path file = folder.resolve("net.safetensors");
    Safetensors.write(
        file,
        Map.of(
            "x", Tensors.of(new long[] {5, 6, 7, 8}, 4, 1),
            "y", Tensors.of(new double[] {1, 2, 3, 4}, 4).to(ScalarType.Float)),
        Map.of());
    Dataset data = load("--data", "safetensors:" + file);
    assertThat(data.size()).isEqualTo(4);
    assertThat(Tensors.type(data.inputs())).isEqualTo(ScalarType.Long);
    assertThat(Tensors.type(data.targets().orElseThrow())).isEqualTo(ScalarType.Double);
    assertThatThrownBy(() -> load("--data", "safetensors:" + file, "--resize", "4"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--data")
        .hasMessageContaining("pictures");
  }

  @Test
  void wrongValuesAreNamed() {
    assertThatThrownBy(() -> options("--data", "imagenet"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--data")
        .hasMessageContaining("image-folder:DIR");
    assertThatThrownBy(() -> options("--split", "dev")).hasMessageContaining("train, test and all");
    assertThatThrownBy(() -> options("--normalise", "1")).hasMessageContaining("--normalise");
    assertThatThrownBy(() -> load("--n", "451")).hasMessageContaining("from 1 to 450");
    assertThatThrownBy(() -> load("--batch", "0")).hasMessageContaining("--batch");
    assertThatThrownBy(() -> load("--data", "safetensors:" + folder.resolve("none")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such file");
  }
}
