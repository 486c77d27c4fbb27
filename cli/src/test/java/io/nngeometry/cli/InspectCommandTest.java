package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.fisher.Representation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectCommandTest {
  @Test
  void text() {
    Ran ran = Ran.of("inspect").well();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out())
        .contains("small-conv: LeNet-like network", "inputs (n, 1, 8, 8)")
        .contains("2,458 parameters in 4 layers")
        .containsPattern("layer +kind +shapes +covered by +input moment +parameters")
        .containsPattern(
            "conv2 +Conv2d +weight \\(16x8x3x3\\), bias \\(16\\) +linear map +in place +1,168\\R")
        .containsPattern("fc2 +Linear +weight \\(10x16\\), bias \\(10\\) +linear map +- +170\\R")
        .containsPattern("dense +6,041,764 +23.0 MiB")
        .containsPattern("diag +2,458 +9.6 KiB")
        .containsPattern("implicit +0 +0 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"small-conv", "lenet", "mlp", "resnet20", "resnet18", "resnet50", "transformer"})
  void theSumsAreRight(String model) {
    JsonNode found = Ran.of("inspect", "--model", model, "--json").well().json();
    assertThat(found.get("model").asText()).isEqualTo(model);
    long all = 0;
    for (JsonNode layer : found.get("layers")) {
      long mine = 0;
      for (JsonNode parameter : layer.get("parameters")) {
        mine += each(parameter.get("shape")).mapToLong(JsonNode::asLong).reduce(1, (a, b) -> a * b);
        assertThat(parameter.get("rule").asText()).isNotEqualTo("not covered");
        assertThat(parameter.get("name").asText()).startsWith(layer.get("id").asText() + ".");
      }
      assertThat(layer.get("size").asLong()).as(layer.get("id").asText()).isEqualTo(mine);
      all += mine;
    }
    assertThat(found.get("parameters").asLong()).isEqualTo(all);
  }

  /** A network of 8 x (64 + 1) + 3 x (8 + 1) parameters: every need can be counted by hand. */
  @Test
  void memoryOfEveryRepresentation() {
    String[] args = {"inspect", "--model=mlp", "--width=8", "--classes=3", "--gradients=30"};
    JsonNode found = Ran.of(with(args, "--json")).well().json();
    assertThat(found.get("parameters").asLong()).isEqualTo(547);
    assertThat(found.get("dtype").asText()).isEqualTo("float32");
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put("dense", 547L * 547);
    expected.put("block-diag", 520L * 520 + 27L * 27);
    long factors = 8 * 8 + 65 * 65 + 3 * 3 + 9 * 9;
    expected.put("kfac", factors);
    expected.put("kfac-reduce", factors);
    expected.put("ekfac", factors + 547);
    expected.put("quasi-diag", 547L + 8 * 64 + 3 * 8);
    expected.put("diag", 547L);
    expected.put("low-rank", 30L * 547);
    expected.put("eye", 2L);
    expected.put("implicit", 0L);
    assertThat(numbers(found)).isEqualTo(expected);
    assertThat(expected.keySet()).isEqualTo(Representation.byName().keySet());
    for (JsonNode m : found.get("memory")) {
      assertThat(m.get("bytes").asDouble()).isEqualTo(4.0 * m.get("numbers").asLong());
    }
    JsonNode wide = Ran.of(with(args, "--json", "--dtype=float64")).well().json();
    assertThat(numbers(wide)).isEqualTo(expected);
    for (JsonNode m : wide.get("memory")) {
      assertThat(m.get("bytes").asDouble()).isEqualTo(8.0 * m.get("numbers").asLong());
    }
    assertThat(wide.get("memory").get(0).get("human").asText()).isEqualTo("2.3 MiB");
  }

  /**
   * What it says beforehand must be what a smaller budget changes: fewer examples, or a refusal.
   */
  @Test
  void plansFitTheBudgetOrSaySo() {
    String[] args = {"inspect", "--model=resnet18", "--width=8", "--json", "--batch=64"};
    JsonNode ample = Ran.of(with(args, "--memory=64GiB")).well().json();
    JsonNode scarce = Ran.of(with(args, "--memory", "100 MiB")).well().json();
    Map<String, JsonNode> rich = plans(ample);
    Map<String, JsonNode> poor = plans(scarce);
    assertThat(rich.keySet())
        .contains("dense", "kfac", "ekfac", "diag", "low-rank", "v^T F v", "F v", "trace");
    long most = rich.get("diag").get("batch").asLong(); // what stays in the caches
    assertThat(most).isBetween(2L, 64L);
    assertThat(poor.get("diag").get("batch").asLong()).isBetween(1L, most - 1);
    assertThat(poor.get("diag").get("fits").asBoolean()).isTrue();
    assertThat(poor.get("diag").get("peak").asDouble()).isLessThan(100 << 20);
    assertThat(poor.get("dense").get("fits").asBoolean()).isFalse();
    assertThat(rich.get("ekfac").get("readings").asInt()).isEqualTo(1); // all signals are held
    assertThat(poor.get("ekfac").get("readings").asInt()).isEqualTo(2);
    assertThat(rich.get("v^T F v").get("forward_backwards").asDouble()).isBetween(0.9, 1.1);
    assertThat(rich.get("F v").get("forward_backwards").asDouble()).isBetween(1.6, 1.8);
    assertThat(Ran.of("inspect", "--memory=100MiB", "--model=resnet50").well().out())
        .containsPattern("dense .*does not fit")
        .containsPattern("for 1,000 examples within 100.0 MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--memory=lots", "--memory=-1", "--batch=0", "--examples=0"})
  void whatIsNoAmountIsRefused(String option) {
    assertThat(Ran.of("inspect", option).complaint())
        .contains(option.substring(0, option.indexOf('=')));
  }

  private static Map<String, JsonNode> plans(JsonNode found) {
    Map<String, JsonNode> plans = new LinkedHashMap<>();
    found.get("plans").forEach(plan -> plans.put(plan.get("what").asText(), plan));
    return plans;
  }

  @Test
  void normalisationsAreTold() {
    JsonNode found =
        Ran.of("inspect", "--model=resnet18", "--width=4", "--classes=7", "--json").well().json();
    List<JsonNode> layers = each(found.get("layers")).toList();
    assertThat(layers)
        .anySatisfy(
            layer -> {
              assertThat(layer.get("kind").asText()).isEqualTo("BatchNorm2d");
              assertThat(each(layer.get("parameters")).map(p -> p.get("rule").asText()))
                  .containsExactly("elementwise affine", "elementwise affine");
            });
    JsonNode last = layers.get(layers.size() - 1).get("parameters").get(0).get("shape");
    assertThat(each(last).map(JsonNode::asLong)).containsExactly(7L, 32L);
  }

  @Test
  void whatCannotBeCountedIsNoSmallNumber() {
    Ran ran = Ran.of("inspect", "--gradients=9000000000000000000").well();
    assertThat(ran.out()).containsPattern("low-rank +- +64.0 EiB|low-rank +- +32.0 EiB");
  }

  private static Map<String, Long> numbers(JsonNode found) {
    Map<String, Long> numbers = new LinkedHashMap<>();
    found
        .get("memory")
        .forEach(m -> numbers.put(m.get("representation").asText(), m.get("numbers").asLong()));
    return numbers;
  }

  private static String[] with(String[] args, String... more) {
    return Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new);
  }

  private static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
