package io.nngeometry.cli.inspect;

import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ReparametrisedRule;
import java.util.Arrays;
import java.util.function.Predicate;

/** The families of rules that give per-example gradients. */
enum RuleFamily {
  /** s = W a + b over positions. */
  LINEAR_MAP("linear map", layer -> layer.source().rule().asLinearMap().isPresent()),

  /** s = gamma x + beta. */
  AFFINE("elementwise affine", layer -> layer.source().rule() instanceof AffineRule),

  /** A weight computed from the parameters. */
  REPARAMETRISED(
      "reparametrised weight", layer -> layer.source().rule() instanceof ReparametrisedRule),

  /** A parameter outside any layer, expanded to one copy per example. */
  BARE("bare parameter", layer -> layer.source() instanceof Parameter),

  /** None of these. */
  OTHER("a rule of its own", layer -> true);

  private final String title;
  private final Predicate<Layer> includes;

  RuleFamily(String title, Predicate<Layer> includes) {
    this.title = title;
    this.includes = includes;
  }

  String title() {
    return title;
  }

  static RuleFamily of(Layer layer) {
    return Arrays.stream(values()).filter(f -> f.includes.test(layer)).findFirst().orElse(OTHER);
  }
}
