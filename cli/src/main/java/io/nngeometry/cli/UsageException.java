package io.nngeometry.cli;

/** Options that are right one by one and make no sense together. */
final class UsageException extends UserException {
  private static final long serialVersionUID = 1L;

  /** One line that names the option and the remedy. */
  UsageException(String message) {
    super(message);
  }
}
