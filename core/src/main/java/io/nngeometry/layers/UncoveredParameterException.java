package io.nngeometry.layers;

import java.util.List;

/** No rule gives the per-example gradients of these parameters. */
public class UncoveredParameterException extends RecordingException {
  private static final long serialVersionUID = 1L;
  private final List<String> parameters;

  /** Names the parameters and says what can be done. */
  public UncoveredParameterException(List<String> parameters) {
    this(
        parameters,
        "no rule covers how the model uses %s: read it with Parameter.over(batch) or inside a layer of"
                .formatted(String.join(", ", parameters))
            + " io.nngeometry.nn, leave it out with LayerCollection.without(...), or allow the slow"
            + " per-example fallback");
  }

  /** Names the parameters, with a message of the model's own. */
  public UncoveredParameterException(List<String> parameters, String message) {
    super(message);
    this.parameters = List.copyOf(parameters);
  }

  /** Names of the parameters. */
  public List<String> parameters() {
    return parameters;
  }
}
