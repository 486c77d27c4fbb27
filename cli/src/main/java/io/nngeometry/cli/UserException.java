package io.nngeometry.cli;

/** A failure whose message says all that the user needs: what failed, and what to do. */
public class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One line that names the thing and the remedy. */
  public UserException(String message) {
    super(message);
  }

  /** One line that names the thing and the remedy, and what was found. */
  public UserException(String message, Throwable cause) {
    super(message, cause);
  }
}
