package io.nngeometry.io;

import java.nio.file.Path;

/** Where in a file a problem lies, in words for the user. */
record Place(Path file, String prefix) {
  private static final int SHOWN = 100;

  /** The file as a whole. */
  static Place of(Path file) {
    return new Place(file, "");
  }

  /** The tensor called {@code name} in this file. */
  Place tensor(String name) {
    return new Place(file, "tensor '" + shown(name) + "': ");
  }

  /** The entry called {@code name} of this archive. */
  Place entry(String name) {
    return new Place(file, "entry '" + shown(name) + "': ");
  }

  /** The exception that says {@code problem}. */
  CorruptFileException corrupt(String problem) {
    return new CorruptFileException(file, prefix + problem);
  }

  /** The exception that says {@code problem}, as {@code cause} found out. */
  CorruptFileException corrupt(String problem, Throwable cause) {
    return new CorruptFileException(file, prefix + problem, cause);
  }

  /** Text from the file, fit for a terminal whatever the file holds. */
  static String shown(String text) {
    String start = text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
