package io.nngeometry.benchmarks;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The variables of a process that measures, the same for both engines. */
enum Environment {
  /** What a user has: none of the variables that change speed. */
  DEFAULT(Map.of(), "default environment"),

  /**
   * glibc keeps freed memory in place of returning it to the system, which faults it in again page
   * by page; OpenBLAS has one thread, since its own would spin against the engine's.
   */
  TUNED(
      Map.of(
          "MALLOC_MMAP_MAX_", "0",
          "MALLOC_TRIM_THRESHOLD_", "17179869184",
          "MALLOC_TOP_PAD_", "268435456",
          "MALLOC_ARENA_MAX", "1",
          "GLIBC_TUNABLES",
              "glibc.malloc.mxfast=0:glibc.malloc.tcache_max=64:glibc.malloc.hugetlb=1",
          "OPENBLAS_NUM_THREADS", "1"),
      "allocator tuned");

  /** Variables that would slow the one side or help the other. */
  private static final List<String> CLEARED =
      List.of(
          "OPENBLAS_CORETYPE",
          "OPENBLAS_L2_SIZE",
          "OPENBLAS_NUM_THREADS",
          "OMP_NUM_THREADS",
          "MKL_NUM_THREADS",
          "MALLOC_MMAP_MAX_",
          "MALLOC_TRIM_THRESHOLD_",
          "MALLOC_TOP_PAD_",
          "MALLOC_ARENA_MAX",
          "GLIBC_TUNABLES");

  private final Map<String, String> variables;
  private final String words;

  Environment(Map<String, String> variables, String words) {
    this.variables = variables;
    this.words = words;
  }

  /** Makes the variables of a process these. */
  void applyTo(Map<String, String> process) {
    CLEARED.forEach(process::remove);
    process.putAll(variables);
  }

  /** For a reader. */
  String words() {
    return words;
  }

  /** Name on the command line and in rows. */
  @JsonValue
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
