package io.nngeometry.engine;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of Linux's C library the engine calls. */
interface LibC extends Library {
  int mallopt(int parameter, int value);

  int malloc_trim(long pad);

  int setenv(String name, String value, int overwrite);

  /**
   * Calls it where there is one that has what is called.
   *
   * @param otherwise what follows where there is none, for the log
   */
  static void call(Consumer<LibC> body, String otherwise) {
    if (!Platform.isLinux()) {
      return;
    }
    try {
      body.accept(Native.load("c", LibC.class));
    } catch (LinkageError | RuntimeException e) {
      Logger log = LoggerFactory.getLogger(LibC.class);
      log.debug(otherwise, e);
    }
  }
}
