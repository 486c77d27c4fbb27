package io.nngeometry.fisher;

/** A result would not fit in the memory budget; nothing was allocated. */
public class MemoryBudgetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what needs how much and what would fit. */
  public MemoryBudgetException(String message) {
    super(message);
  }
}
