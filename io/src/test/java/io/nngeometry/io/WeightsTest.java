package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.BatchNorm1d;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights by name into networks of ours. */
class WeightsTest {
  @TempDir Path directory;

  /** The network of make_pickles.py, or one that differs a little. */
  private static final class Net extends Module {
    Net(String second, long width) {
      register("fc1", new Linear(3, width));
      register("bn", new BatchNorm1d(width));
      register(second, new Linear(width, 2));
    }

    @Override
    public Tensor forward(Tensor x) {
      throw new UnsupportedOperationException();
    }
  }

  private static Path checkpoint() {
    return Samples.fromPython("checkpoint.pth");
  }

  @Test
  void bfloat16IsConvertedOnRequest() throws IOException {
    Net net = new Net("fc2", 4);
    WeightsReport report = Weights.of(checkpoint()).under("model").converting().into(net);
    assertThat(report.fits()).isTrue();
    try (TensorFile file = StateDict.read(checkpoint())) {
      Tensor stored = file.get("model.fc1.weight");
      assertThat(Tensors.type(stored)).isEqualTo(ScalarType.BFloat16);
      Tensor mine = net.state().get("fc1.weight");
      assertThat(Tensors.type(mine)).isEqualTo(ScalarType.Float);
      assertThat(mine.equal(stored.to(ScalarType.Float))).isTrue();
    }
  }

  @Test
  void anotherTypeIsReportedAndNothingChanges() throws IOException {
    Net net = new Net("fc2", 4);
    Tensor before = net.state().get("fc1.weight").clone();
    Weights weights = Weights.of(checkpoint()).under("model");
    assertThatThrownBy(() -> weights.into(net))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(checkpoint().toString())
        .hasMessageContaining("fc1.weight (BFloat16 in the file, not Float: convert with");
    assertThat(net.state().get("fc1.weight").equal(before)).isTrue();
  }

  @Test
  void namesAndShapesThatDoNotFitAreReportedByName() throws IOException {
    WeightsReport report =
        Weights.of(checkpoint()).under("model").converting().compareTo(new Net("head", 5));
    assertThat(report.missing()).containsExactly("head.weight", "head.bias");
    assertThat(report.unexpected()).containsExactly("fc2.weight", "fc2.bias");
    assertThat(report.shapes()).contains("fc1.weight ([4, 3] in the file, not [5, 3])").hasSize(6);
    assertThat(report.toString()).startsWith("missing: head.weight, head.bias; unexpected: ");
  }

  @Test
  void whatFitsCanBeLoadedAlone() throws IOException {
    Net net = new Net("head", 4);
    WeightsReport report = Weights.of(checkpoint()).under("model").converting().partial().into(net);
    assertThat(report.missing()).containsExactly("head.weight", "head.bias");
    try (TensorFile file = StateDict.read(checkpoint())) {
      Tensor stored = file.get("model.fc1.bias").to(ScalarType.Float);
      assertThat(net.state().get("fc1.bias").equal(stored)).isTrue();
    }
  }

  @Test
  void savedWeightsComeBack() throws IOException {
    Path file = directory.resolve("net.safetensors");
    Module saved = new Net("fc2", 4).initialize(3);
    Weights.save(file, saved, Map.of("epoch", "3"));
    Net loaded = new Net("fc2", 4);
    assertThat(Weights.of(file).into(loaded).fits()).isTrue();
    saved
        .state()
        .forEach((name, t) -> assertThat(loaded.state().get(name).equal(t)).as(name).isTrue());
    try (TensorFile content = Weights.read(file)) {
      assertThat(content.metadata()).containsEntry("epoch", "3");
    }
  }

  @Test
  void halfPrecisionFilesLoad() throws IOException {
    Path file = directory.resolve("half.safetensors");
    Module half = new Net("fc2", 4).initialize(3).to(ScalarType.Half);
    Weights.save(file, half, Map.of());
    Net loaded = new Net("fc2", 4);
    assertThat(Weights.of(file).converting().into(loaded).fits()).isTrue();
    assertThat(loaded.state().get("fc1.weight").to(ScalarType.Half))
        .satisfies(t -> assertThat(t.equal(half.state().get("fc1.weight"))).isTrue());
  }
}
