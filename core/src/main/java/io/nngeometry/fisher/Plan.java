package io.nngeometry.fisher;

import java.util.Locale;

/**
 * What a matrix will take, said before anything is allocated: a prediction from the sizes that one
 * example has on its way through the network.
 *
 * @param representation what is asked for
 * @param batch examples read at a time, at most those of the data's minibatches
 * @param stored bytes of the finished matrix
 * @param vectors bytes of parameter vectors held while it is used, and of what a reading holds for
 *     a second
 * @param finishing bytes at its completion, when sums and what is made of them are both there
 * @param perExample bytes that every example of a minibatch needs while it is read
 * @param forwardBackwards work, in forward and backward passes of the loss over the same examples,
 *     counted in multiplications; memory traffic may double it
 * @param readings how often the examples are read
 * @param atOnce whether what would need a second reading is made of one, as the layers' inputs and
 *     signals of all examples and cotangents may be held
 * @param budget the bytes that may be taken
 */
public record Plan(
    String representation,
    long batch,
    double stored,
    double vectors,
    double finishing,
    double perExample,
    double forwardBackwards,
    int readings,
    boolean atOnce,
    MemoryBudget budget) {

  /** The most that is held at one time beside the network and the data, in bytes. */
  public double peak() {
    return Math.max(finishing, stored + vectors + working());
  }

  /** The bytes of one minibatch at work. */
  public double working() {
    return batch * perExample;
  }

  /** Whether the budget allows it. */
  public boolean fits() {
    return peak() <= budget.bytes();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %s at the peak (%s stored), %d examples at a time, about %.1f forward and backward",
        representation,
        MemoryBudget.human(peak()),
        MemoryBudget.human(stored),
        batch,
        forwardBackwards);
  }
}
