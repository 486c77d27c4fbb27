package io.nngeometry.benchmarks;

import com.fasterxml.jackson.annotation.JsonValue;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What counts as time. */
enum Clock {
  /** Time that passes. */
  WALL {
    @Override
    long nanoseconds() {
      return System.nanoTime();
    }
  },

  /**
   * Time that the calling thread has been on a processor: hardly disturbed by what else the machine
   * runs. It sees no other threads. (The time of the whole process is counted in steps of 10 ms.)
   */
  CPU {
    @Override
    long nanoseconds() {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
  };

  /** Name on the command line and in rows. */
  @JsonValue
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Nanoseconds since some moment. */
  abstract long nanoseconds();
}
