package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What a user sees of failures that no option causes. */
class FailuresTest {
  /** A command that does what a test wants. */
  @Command(name = "break")
  private record Broken(Callable<Integer> work) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      return work.call();
    }
  }

  private static Ran failing(Callable<Integer> work, String... more) {
    CommandLine command = Main.commandLine().addSubcommand(new Broken(work));
    String[] args = Stream.concat(Stream.of("break"), Stream.of(more)).toArray(String[]::new);
    return Ran.of(command, args);
  }

  private static Ran failingWith(Throwable e, String... more) {
    return failing(
        () -> {
          FailuresTest.<RuntimeException>sneak(e);
          return 0;
        },
        more);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable e) throws E {
    throw (E) e;
  }

  static Stream<Arguments> failures() {
    UnsatisfiedLinkError link =
        new UnsatisfiedLinkError("no jnitorch in java.library.path: /usr/lib:/lib");
    NoClassDefFoundError second =
        new NoClassDefFoundError("Could not initialize class io.nngeometry.engine.Engine");
    second.initCause(
        new ExceptionInInitializerError(
            "Exception java.lang.UnsatisfiedLinkError: no jnitorch [in thread \"main\"]"));
    String natives = "-Djavacpp.platform=P', P one of linux-x86_64, macosx-arm64, windows-x86_64";
    String heap = "set NNGEOMETRY_JAVA_OPTS=-Xmx";
    String less = "ask for less at once (compare: a smaller --batch";
    return Stream.of(
        failure(link, System.getProperty("os.arch"), "no jnitorch)", natives),
        failure(new ExceptionInInitializerError(link), "no jnitorch)", natives),
        failure(new IllegalStateException("no engine", link), "no jnitorch)", natives),
        failure(second, "natives cannot be loaded", "engine.Engine", natives),
        failure(new NoClassDefFoundError("org/bytedeco/pytorch/Tensor"), "natives cannot", natives),
        failure(
            new NoClassDefFoundError("org/jfree/chart/JFreeChart"),
            "a part of the program is missing (org/jfree/chart/JFreeChart)",
            "mvn package"),
        failure(new OutOfMemoryError("Java heap space"), "Java heap space; the limit is ", heap),
        failure(new OutOfMemoryError("GC overhead limit exceeded"), "GC overhead", heap),
        failure(new OutOfMemoryError("Requested array size exceeds VM limit"), "array size", heap),
        failure(
            new OutOfMemoryError("Cannot reserve 8 bytes of direct buffer memory"),
            "8 bytes",
            heap),
        failure(
            new UncheckedIOException(new IOException("x", new OutOfMemoryError("Java heap space"))),
            "Java heap space",
            heap),
        failure(new OutOfMemoryError("unable to create native thread"), "native thread", less),
        failure(
            new RuntimeException(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate"
                    + " memory: you tried to allocate 512000000000 bytes. Error code 12 (Cannot"
                    + " allocate memory)\nframe #0: c10::ThrowEnforceNotMet(char const*)"),
            "no memory left for a tensor of 476.8 GiB",
            less),
        failure(new RuntimeException("std::bad_alloc"), "(std::bad_alloc)", less),
        failure(new NoSuchFileException("a/b"), "a/b: no such file"),
        failure(new AccessDeniedException("a/b"), "a/b: no permission"),
        failure(new AccessDeniedException("a/b", null, "it is locked"), "a/b: it is locked"),
        failure(new IOException("cannot write x", new NoSuchFileException("y")), "cannot write x"),
        failure(new UserException("--out x: full; name another"), ": --out x: full; name another"),
        failure(new StackOverflowError(), "internal error: StackOverflowError", "--stacktrace"),
        failure(new AssertionError("odd"), "internal error: AssertionError: odd"),
        failure(new NullPointerException("odd"), "internal error: NullPointerException: odd"),
        failure(new IllegalStateException(), "IllegalStateException", "--stacktrace shows where"),
        failure(new RuntimeException("\n  first\nsecond"), "first"),
        failure(new RuntimeException("  "), "RuntimeException (--stacktrace shows where)"));
  }

  private static Arguments failure(Throwable e, String... phrases) {
    return Arguments.of(e, List.of(phrases));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void oneLineAndExitCodeOne(Throwable e, List<String> phrases) {
    Ran ran = failingWith(e);
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.complaint()).contains(phrases).doesNotContain("frame #0", "java.library.path");
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void moreMemoryIsAdvisedThanThereIs() {
    String complaint = failingWith(new OutOfMemoryError("Java heap space")).complaint();
    long gib = Long.parseLong(complaint.replaceFirst(".*-Xmx(\\d+)g", "$1"));
    assertThat(gib << 30).isGreaterThan(Runtime.getRuntime().maxMemory());
  }

  @Test
  void libtorchsOwnFailureIsUnderstood() {
    Ran ran =
        failing(
            () -> {
              torch.zeros(10_000_000L, 10_000_000L).close();
              return 0;
            });
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("no memory left for a tensor of 363.8 TiB");
  }

  @Test
  void javacppsOwnFailureIsUnderstood() {
    Ran ran =
        failing(
            () -> {
              new DoublePointer(1L << 50).close();
              return 0;
            });
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("no memory left", "DoublePointer(1125899906842624)");
  }

  @Test
  void aNetworkTooLargeForTheMachine() {
    Ran ran = Ran.of("inspect", "--model", "mlp", "--width", "2000000000");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.complaint()).contains("476.8 GiB", "inspect: a smaller --width");
  }

  @Test
  void theTraceIsThereForWhoWantsIt() {
    assertThat(failingWith(new OutOfMemoryError("Java heap space"), "--stacktrace").err())
        .contains("nngeometry: out of Java memory", "java.lang.OutOfMemoryError", "\tat ");
    assertThat(failingWith(new IOException("odd"), "--stacktrace").err())
        .contains("nngeometry: odd", "java.io.IOException: odd", "\tat ");
    assertThat(Ran.of("compare", "--n", "0", "--stacktrace").err())
        .contains("--n must be", "ParameterException", "\tat ");
  }

  @Test
  void usageKeepsItsCode() {
    assertThat(failingWith(new UsageException("--width: no")).exitCode()).isEqualTo(2);
  }
}
