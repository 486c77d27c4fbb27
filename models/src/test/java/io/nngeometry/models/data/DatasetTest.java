package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Pictures whose bytes count up. */
  private static Tensor bytes(long... shape) {
    return Tensors.of(LongStream.range(0, Tensors.numel(shape)).toArray(), shape)
        .to(ScalarType.Byte);
  }

  private static double[] all(Dataset data) {
    List<Double> values = new ArrayList<>();
    data.examples()
        .batches(3)
        .forEach(
            batch -> Arrays.stream(Tensors.toArray(batch.inputs().get(0))).forEach(values::add));
    return values.stream().mapToDouble(x -> x).toArray();
  }

  @Test
  void aWordNamesTheDigits() throws IOException {
    for (Part part : List.of(Part.TRAIN, Part.TEST)) {
      Dataset expected = part == Part.TRAIN ? Digits.train(5) : Digits.test(5);
      Dataset digits = DataSource.of("digits").load(Selection.DEFAULT.part(part).seed(5));
      assertThat(Tensors.type(digits.stored())).isEqualTo(ScalarType.Byte);
      assertThat(digits.shape()).containsExactly(1, 8, 8);
      assertThat(digits.classes()).hasSize(10).startsWith("0", "1");
      assertThat(Tensors.toArray(digits.inputs())).isEqualTo(Tensors.toArray(expected.inputs()));
      assertThat(all(digits)).isEqualTo(Tensors.toArray(expected.inputs()));
      assertThat(Tensors.toLongArray(digits.targets().orElseThrow()))
          .isEqualTo(Tensors.toLongArray(expected.targets().orElseThrow()));
    }
    assertThat(DataSource.of("digits").load(Selection.DEFAULT).size()).isEqualTo(450);
    assertThat(DataSource.of("digits").load(Selection.all()).size()).isEqualTo(1797);
  }

  @Test
  void pixelsBecomeNumbersByTheNormalisation() {
    Dataset data = Dataset.of(bytes(2, 2, 1, 2), null).as(ScalarType.Double);
    double[] symmetric = IntStream.range(0, 8).mapToDouble(p -> 2 * p / 255.0 - 1).toArray();
    assertThat(all(data)).containsExactly(symmetric, within(1e-15));
    assertThat(all(data.normalised(Normalisation.UNIT)))
        .containsExactly(
            IntStream.range(0, 8).mapToDouble(p -> p / 255.0).toArray(), within(1e-15));
    Normalisation two = Normalisation.parse("0.1,0.2/0.5,0.25");
    assertThat(all(data.normalised(two)))
        .containsExactly(
            IntStream.range(0, 8)
                .mapToDouble(p -> p / 2 % 2 == 0 ? (p / 255.0 - .1) / .5 : (p / 255.0 - .2) / .25)
                .toArray(),
            within(1e-14));
    assertThatThrownBy(() -> data.normalised(Normalisation.parse("0,0,0/1,1,1")))
        .hasMessageContaining("3 channels")
        .hasMessageContaining("have 2");
  }

  @Test
  void standardisedChannelsHaveMeanZeroAndDeviationOne() {
    Dataset data = Dataset.of(bytes(5, 2, 3, 4), null).as(ScalarType.Double);
    Tensor x = data.normalised(Normalisation.standardising(data)).inputs();
    for (int c = 0; c < 2; c++) {
      double[] channel = Tensors.toArray(x.select(1, c));
      assertThat(Arrays.stream(channel).average().orElseThrow()).isCloseTo(0, within(1e-12));
      assertThat(Arrays.stream(channel).map(v -> v * v).average().orElseThrow())
          .isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void integersStayIntegersAndNumbersTakeTheTypeAskedFor() {
    Tensor tokens = Tensors.of(new long[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Tensor aims = Tensors.of(new double[] {.5, 1.5, 2.5}, 3).to(ScalarType.Float);
    Dataset data = Dataset.of(tokens, aims).as(ScalarType.Double);
    data.examples()
        .forEach(
            batch -> {
              assertThat(Tensors.type(batch.inputs().get(0))).isEqualTo(ScalarType.Long);
              assertThat(Tensors.type(batch.labels().orElseThrow())).isEqualTo(ScalarType.Double);
            });
    assertThat(Tensors.type(Dataset.of(tokens.to(ScalarType.Int), null).inputs()))
        .isEqualTo(ScalarType.Long);
    assertThat(Tensors.type(Dataset.of(aims, tokens).as(ScalarType.Double).inputs()))
        .isEqualTo(ScalarType.Double);
    assertThat(Tensors.type(Dataset.of(aims, tokens).inputs())).isEqualTo(ScalarType.Float);
    assertThat(Tensors.type(Dataset.of(aims, tokens.to(ScalarType.Byte)).targets().orElseThrow()))
        .isEqualTo(ScalarType.Long);
    assertThatThrownBy(() -> data.framed(Framing.of(3))).hasMessageContaining("are none");
  }

  @Test
  void subsetsAndOrdersAreTheSeeds() throws IOException {
    Tensor x = Tensors.of(LongStream.range(0, 20).toArray(), 20, 1);
    DataSource source = DataSource.of(x, Tensors.of(LongStream.range(0, 20).toArray(), 20));
    Selection shuffled = Selection.all().shuffle().seed(3);
    double[] order = all(source.load(shuffled));
    assertThat(order).containsExactlyInAnyOrder(LongStream.range(0, 20).asDoubleStream().toArray());
    assertThat(all(source.load(shuffled))).isEqualTo(order);
    assertThat(all(source.load(shuffled.seed(4)))).isNotEqualTo(order);
    Dataset few = source.load(shuffled.first(5));
    assertThat(all(few)).containsExactly(Arrays.copyOf(order, 5));
    assertThat(Tensors.toArray(few.targets().orElseThrow()))
        .containsExactly(Arrays.copyOf(order, 5));
    assertThat(all(source.load(Selection.all().first(99)))).hasSize(20);
    assertThat(few.examples().first(2).size()).isEqualTo(2);

    double[] train = all(source.load(Selection.train().seed(1)));
    double[] test = all(source.load(Selection.test().seed(1)));
    assertThat(train).hasSize(15);
    assertThat(test).hasSize(5);
    assertThat(train).doesNotContain(test);
  }

  @Test
  void theOrderOfASeedNeverChanges() {
    assertThat(Permutation.of(8, 42)).containsExactly(4, 6, 1, 2, 3, 7, 5, 0);
  }

  @Test
  void slicesOutliveTheWholeAndTheScopeFreesThem() {
    Dataset whole = Dataset.of(bytes(4, 1, 1, 1), Tensors.of(new long[] {0, 1, 2, 3}, 4));
    Dataset middle = whole.slice(1, 3);
    whole.close();
    assertThat(Tensors.toLongArray(middle.targets().orElseThrow())).containsExactly(1, 2);
    Tensor inner;
    try (Scope s = Scope.open()) {
      inner = middle.select(1, 0, 1).stored();
      assertThat(Tensors.toLongArray(inner)).containsExactly(2, 1, 2);
    }
    assertThat(inner.isNull()).isTrue();
    assertThatThrownBy(() -> middle.select(2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> middle.take(0)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shrinkingAveragesAndEnlargingInterpolates() {
    Tensor constant =
        bytes(1, 1, 4, 6).mul(Tensors.scalar(0)).add(Tensors.scalar(51)).to(ScalarType.Byte);
    for (Framing framing :
        List.of(Framing.of(3, 5), Framing.of(9), Framing.of(2).fit(Framing.Fit.STRETCH))) {
      Dataset d = Dataset.of(constant, null).normalised(Normalisation.UNIT).framed(framing);
      assertThat(d.shape()).containsExactly(1, framing.height(), framing.width());
      assertThat(Arrays.stream(all(d)).allMatch(v -> Math.abs(v - 0.2) < 1e-6)).isTrue();
    }
    // a ramp stays a ramp away from the edges: 0 1 2 3 in double width is .. 0.75 1.25 1.75 ..
    Dataset ramp =
        Dataset.of(bytes(1, 1, 1, 4), null)
            .as(ScalarType.Double)
            .normalised(Normalisation.of(0, 1 / 255.0));
    assertThat(all(ramp.framed(Framing.of(1, 8).fit(Framing.Fit.STRETCH))))
        .containsExactly(new double[] {0, .25, .75, 1.25, 1.75, 2.25, 2.75, 3}, within(1e-12));
    // by half: weights 1/8 3/8 3/8 1/8, cut off at the edge and made to add up to one
    assertThat(all(ramp.framed(Framing.of(1, 2).fit(Framing.Fit.STRETCH))))
        .containsExactly(new double[] {5 / 7.0, 16 / 7.0}, within(1e-12));
  }

  @Test
  void croppingKeepsTheMiddle() {
    Dataset wide =
        Dataset.of(bytes(1, 1, 2, 6), null)
            .as(ScalarType.Double)
            .normalised(Normalisation.of(0, 1 / 255.0));
    assertThat(all(wide.framed(Framing.of(2))))
        .containsExactly(new double[] {2, 3, 8, 9}, within(1e-12));
  }

  @Test
  void greyAndRgbTurnIntoEachOther() {
    Dataset grey =
        Dataset.of(bytes(2, 2, 2), null).normalised(Normalisation.UNIT).as(ScalarType.Double);
    assertThat(grey.shape()).containsExactly(1, 2, 2);
    Dataset rgb = grey.framed(Framing.AS_IS.rgb());
    assertThat(rgb.shape()).containsExactly(3, 2, 2);
    double[] values = all(rgb);
    assertThat(Arrays.copyOfRange(values, 4, 8)).isEqualTo(Arrays.copyOf(values, 4));
    Dataset coloured =
        Dataset.of(bytes(1, 3, 1, 1), null)
            .normalised(Normalisation.of(0, 1 / 255.0))
            .as(ScalarType.Double);
    assertThat(all(coloured.framed(Framing.AS_IS.colour(Framing.Colour.GREY))))
        .containsExactly(new double[] {0.587 + 2 * 0.114}, within(1e-12));
  }

  @Test
  void wordsThatNameNothingAreRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> DataSource.of("mnist"))
        .hasMessageContaining("'mnist'")
        .hasMessageContaining("digits");
    assertThatThrownBy(() -> DataSource.of("safetensors:"))
        .hasMessageContaining("safetensors:FILE");
    assertThatThrownBy(() -> DataSource.of("digits:here")).hasMessageContaining("digits");
    assertThatThrownBy(() -> Framing.parse("big")).hasMessageContaining("48x64");
    assertThatThrownBy(() -> Framing.parse("0")).hasMessageContaining("0 pixels");
    assertThatThrownBy(() -> Normalisation.parse("0.5")).hasMessageContaining("symmetric");
    assertThatThrownBy(() -> Normalisation.parse("0/0")).hasMessageContaining("above zero");
    assertThatThrownBy(() -> Part.of("dev")).hasMessageContaining("train");
    assertThatThrownBy(() -> Dataset.of(bytes(0, 1, 1, 1), null))
        .hasMessageContaining("at least one");
    assertThatThrownBy(() -> Dataset.of(bytes(2, 1, 1, 1), bytes(3)))
        .hasMessageContaining("2 inputs");
  }
}
