package io.nngeometry.engine;

/**
 * Keeps freed native memory in the process. By default glibc maps and unmaps every block above a
 * threshold, so each temporary tensor is zeroed and faulted in page by page: 20 MB of zeros and a
 * sum take 58 ms instead of 2. The effect is that of MALLOC_MMAP_MAX_, MALLOC_TRIM_THRESHOLD_ and
 * MALLOC_TOP_PAD_ set before the process starts.
 *
 * <p>It ends at 64 MB. Every thread but a process's first, and Java's main thread is not that one,
 * has an arena whose heaps are no larger; what does not fit beside the rest is mapped each time,
 * whatever these settings say: 100 MB take 700 ms instead of 11 where pages are small, which the
 * tunable glibc.malloc.hugetlb=1 mends. The environment variable MALLOC_ARENA_MAX=1 keeps all
 * threads in the first arena, where they wait for each other's lock. Both must be set before the
 * process starts: mallopt(M_ARENA_MAX, 1) from inside changed nothing for old threads nor new ones
 * (glibc 2.36), as arenas exist by then and are handed on.
 */
final class Allocator {
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_TOP_PAD = -2;
  private static final int M_MMAP_MAX = -4;

  private Allocator() {}

  static void keepFreedMemory() {
    if (Boolean.getBoolean("nngeometry.keepAllocator")) {
      return;
    }
    LibC.call(
        c -> {
          c.mallopt(M_MMAP_MAX, 0);
          c.mallopt(M_TRIM_THRESHOLD, Integer.MAX_VALUE);
          c.mallopt(M_TOP_PAD, 256 << 20);
        },
        "malloc could not be tuned (not glibc?); large temporaries will be slower");
  }

  /** Gives free memory back to the system; a no-op where the C library cannot. */
  static void trim() {
    LibC.call(c -> c.malloc_trim(0), "malloc_trim is not available");
  }
}
