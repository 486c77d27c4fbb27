package io.nngeometry.cli;

import io.nngeometry.fisher.MemoryBudget;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Failures whose own message would not tell a user what is wrong and what to do. */
enum Explanation {
  /** libtorch's native libraries are not there, or are another platform's. */
  NATIVES(true) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof UnsatisfiedLinkError
          || e instanceof NoClassDefFoundError && NATIVE_CLASS.matcher(message(e)).find();
    }

    @Override
    String text(Throwable e) {
      return ("libtorch's natives cannot be loaded on %s %s (%s): build again with 'mvn package"
              + " -Djavacpp.platform=P', P one of linux-x86_64, macosx-arm64, windows-x86_64")
          .formatted(
              System.getProperty("os.name"),
              System.getProperty("os.arch"),
              LIBRARY_PATH.matcher(firstLine(e)).replaceFirst(""));
    }
  },

  /** A jar is missing beside the program's own. */
  MISSING_PART(true) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof NoClassDefFoundError || e instanceof ClassNotFoundException;
    }

    @Override
    String text(Throwable e) {
      return "a part of the program is missing (%s): build it again with 'mvn package'"
          .formatted(firstLine(e));
    }
  },

  /** The Java heap is full, or the direct buffers, whose limit follows the heap's. */
  JAVA_MEMORY(true) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof OutOfMemoryError && OF_THE_HEAP.matcher(message(e)).find();
    }

    @Override
    String text(Throwable e) {
      long limit = Runtime.getRuntime().maxMemory();
      return "out of Java memory (%s; the limit is %s): set NNGEOMETRY_JAVA_OPTS=-Xmx%dg"
          .formatted(firstLine(e), MemoryBudget.human(limit), (2 * limit + GIB - 1) / GIB);
    }
  },

  /** The machine has no memory left for tensors. */
  NATIVE_MEMORY(true) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof OutOfMemoryError || OF_TENSORS.matcher(message(e)).find();
    }

    @Override
    String text(Throwable e) {
      Matcher bytes = BYTES.matcher(message(e));
      String what =
          bytes.find()
              ? "for a tensor of " + MemoryBudget.human(Double.parseDouble(bytes.group(1)))
              : "(%s)".formatted(firstLine(e));
      return ("the machine has no memory left %s: ask for less at once (compare: a smaller --batch"
              + " or --n, --representations without dense; train: a smaller --train-batch; inspect:"
              + " a smaller --width)")
          .formatted(what);
    }
  },

  /** Java's message is the file's name alone. */
  NO_SUCH_FILE(false) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof NoSuchFileException;
    }

    @Override
    String text(Throwable e) {
      return firstLine(e) + ": no such file";
    }
  },

  /** Java's message is the file's name alone. */
  NO_PERMISSION(false) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof AccessDeniedException denied && denied.getReason() == null;
    }

    @Override
    String text(Throwable e) {
      return firstLine(e) + ": no permission";
    }
  },

  /** A fault of this program. */
  INTERNAL(false) {
    @Override
    boolean fits(Throwable e) {
      return e instanceof Error
          || e instanceof NullPointerException
          || e instanceof ClassCastException;
    }

    @Override
    String text(Throwable e) {
      return "internal error: %s (--stacktrace shows where)".formatted(named(e));
    }
  };

  private static final Pattern NATIVE_CLASS =
      Pattern.compile("UnsatisfiedLinkError|org[./]bytedeco|io[./]nngeometry[./]engine");
  private static final Pattern LIBRARY_PATH = Pattern.compile(" in java\\.library\\.path.*");
  private static final Pattern OF_THE_HEAP =
      Pattern.compile("heap|GC overhead|array size|direct buffer");
  private static final Pattern OF_TENSORS = Pattern.compile("DefaultCPUAllocator|std::bad_alloc");
  private static final Pattern BYTES = Pattern.compile("tried to allocate (\\d+) bytes");
  private static final long GIB = 1L << 30;

  private static final int MOST_CAUSES = 20;

  private final boolean asCause;

  /** {@code asCause}: whether it explains what it caused, or what wraps it says more. */
  Explanation(boolean asCause) {
    this.asCause = asCause;
  }

  /** Whether {@code e} is such a failure. */
  abstract boolean fits(Throwable e);

  /** The line for the user. */
  abstract String text(Throwable e);

  /** One line for the user about any failure. */
  static String line(Throwable e) {
    return Arrays.stream(values())
        .flatMap(explanation -> explanation.of(e).stream())
        .findFirst()
        .orElseGet(
            () -> message(e).isBlank() ? named(e) + " (--stacktrace shows where)" : firstLine(e));
  }

  /** Kind of failure and first line of its message; of its cause, if it says nothing itself. */
  private static String named(Throwable e) {
    Throwable cause = e.getCause();
    if (cause != null && message(e).isBlank()) {
      return named(cause);
    }
    String kind = e.getClass().getSimpleName();
    return message(e).isBlank() ? kind : kind + ": " + firstLine(e);
  }

  private Optional<String> of(Throwable e) {
    return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
        .limit(asCause ? MOST_CAUSES : 1)
        .filter(this::fits)
        .findFirst()
        .map(this::text);
  }

  private static String message(Throwable e) {
    String message = e.getMessage();
    return message == null ? "" : message;
  }

  /** libtorch appends the frames of its own stack, which nobody wants to read. */
  private static String firstLine(Throwable e) {
    return message(e)
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse(e.getClass().getSimpleName());
  }
}
