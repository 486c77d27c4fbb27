package io.nngeometry.benchmarks;

/**
 * What one process measures.
 *
 * @param workload its network and data
 * @param op the operation's name
 * @param n number of examples
 * @param threads threads that one tensor operation may use
 * @param environment the process's
 */
record Task(Workload workload, String op, long n, int threads, Environment environment) {

  /** The row of a process that printed none. */
  Row failed(String peer, Clock clock, String why) {
    return new Row(
        peer,
        workload.name(),
        op,
        n,
        workload.classes(),
        null,
        threads,
        clock,
        environment,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        why);
  }
}
