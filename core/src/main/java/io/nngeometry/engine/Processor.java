package io.nngeometry.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Whose processor this is. */
final class Processor {
  private static final boolean INTEL = read();

  private Processor() {}

  /** Whether it is Intel's; false where nobody can tell. */
  static boolean isIntel() {
    return INTEL;
  }

  private static boolean read() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines.anyMatch(line -> line.startsWith("vendor_id") && line.contains("GenuineIntel"));
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
