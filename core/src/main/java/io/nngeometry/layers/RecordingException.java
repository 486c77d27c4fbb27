package io.nngeometry.layers;

/**
 * The model uses its parameters, or what its layers see and give, in a way of which no record can
 * be kept. Products with tangents need none.
 */
public class RecordingException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  RecordingException(String message) {
    super(message);
  }
}
