package io.nngeometry.engine;

/**
 * How libtorch's threads wait. After each parallel operation libgomp's stay awake for some
 * milliseconds, and take a core from {@link Workers} or from whoever else needs it: on two cores a
 * perceptron's diagonal takes up to a third longer. A tenth of a millisecond is enough for
 * operations that follow each other: so many turns of an Intel processor's pause, and three times
 * as many of AMD's, which is shorter.
 *
 * <p>Nothing is changed where GOMP_SPINCOUNT or OMP_WAIT_POLICY says something already.
 */
final class OpenMp {
  private static final String SPINS = "GOMP_SPINCOUNT";
  private static final String OF_INTEL = "3000";
  private static final String OF_OTHERS = "10000";

  private OpenMp() {}

  /** Before libgomp is loaded, which reads its variables then. */
  static void sleepSoon() {
    if (System.getenv(SPINS) == null && System.getenv("OMP_WAIT_POLICY") == null) {
      String few = Processor.isIntel() ? OF_INTEL : OF_OTHERS;
      LibC.call(c -> c.setenv(SPINS, few, 0), "libgomp's threads will wait awake");
    }
  }
}
