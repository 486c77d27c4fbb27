package io.nngeometry.io.program;

import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A layer that was found in a program. */
final class ProgramLayer implements ParametricLayer {
  private final String kind;
  private final List<Parameter> parameters;
  private final List<String> fullNames;
  private final Supplier<LayerRule> makeRule;
  private @Nullable LayerRule rule;

  /**
   * @param fullNames names of the parameters in the network's state
   */
  ProgramLayer(
      String kind,
      List<Parameter> parameters,
      List<String> fullNames,
      Supplier<LayerRule> makeRule) {
    this.kind = kind;
    this.parameters = parameters;
    this.fullNames = fullNames;
    this.makeRule = makeRule;
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public List<Parameter> parameters() {
    return parameters;
  }

  @Override
  public List<String> parameterNames() {
    return fullNames.stream().map(n -> n.substring(n.lastIndexOf('.') + 1)).toList();
  }

  @Override
  public String fullName(String id, int index) {
    return fullNames.get(index);
  }

  @Override
  public synchronized LayerRule rule() {
    if (rule == null) {
      rule = makeRule.get();
    }
    return rule;
  }

  @Override
  public String toString() {
    return kind + fullNames;
  }
}
