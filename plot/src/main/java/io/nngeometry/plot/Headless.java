package io.nngeometry.plot;

/**
 * Tells AWT that nothing here opens a window. Otherwise it looks for a display when DISPLAY is set,
 * and fails if there is none behind it. An application's own choice stands.
 *
 * <p>Even {@link java.awt.Color} makes AWT decide, once and for all: every class of this package
 * with AWT objects in static fields calls this first.
 */
final class Headless {
  private static final String PROPERTY = "java.awt.headless";

  private Headless() {}

  static void ensure() {
    if (System.getProperty(PROPERTY) == null) {
      System.setProperty(PROPERTY, "true");
    }
  }
}
