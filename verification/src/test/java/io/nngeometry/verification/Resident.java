package io.nngeometry.verification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resident memory of this process, in kilobytes, where the system tells. */
enum Resident {
  /** Now. */
  NOW("VmRSS:"),
  /** At its greatest. */
  PEAK("VmHWM:");

  /** Where the system tells it. */
  static final Path STATUS = Path.of("/proc/self/status");

  private final String field;

  Resident(String field) {
    this.field = field;
  }

  long kilobytes() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
