package io.nngeometry.engine;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts libtorch once per process, set up the way this library needs it.
 *
 * <p>Three settings matter more than any algorithm on a CPU: libtorch's own thread count (its
 * default here is one), OpenBLAS's second thread pool (it spins against libtorch's), and glibc's
 * habit of returning freed blocks to the kernel (every large temporary is then faulted in again).
 *
 * <p>System properties: {@code nngeometry.threads} (default: available processors), {@code
 * nngeometry.keepAllocator=true} leaves malloc alone.
 */
public final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  static {
    // JavaCPP would refuse to allocate once resident memory exceeds twice the Java heap
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    Allocator.keepFreedMemory();
    Loader.load(torch.class);
    limitBlasThreads();
    // where the hardware is not its kind, NNPACK prints a warning at every convolution
    torch.globalContext().setUserEnabledNNPACK(false);
    torch.set_num_threads(
        Integer.getInteger("nngeometry.threads", Runtime.getRuntime().availableProcessors()));
  }

  private Engine() {}

  /** Starts the engine; later calls do nothing. */
  public static void start() {
    // the static initialiser has done the work
  }

  /** Threads that one libtorch operation may use, or pieces of work have together. */
  public static int threads() {
    return torch.get_num_threads();
  }

  /**
   * Sets the number of threads that one libtorch operation may use, at least one; layers and tiles
   * are worked on so many at a time ({@link Workers}).
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    torch.set_num_threads(threads);
  }

  /**
   * Runs {@code body} with the engine's own convolutions in place of oneDNN's: slower, but right in
   * float32 whatever the number of channels (see {@link WideChannels}).
   */
  public static <T> T withoutOneDnn(Supplier<T> body) {
    boolean enabled = torch.globalContext().userEnabledMkldnn();
    torch.globalContext().setUserEnabledMkldnn(false);
    try {
      return body.get();
    } finally {
      torch.globalContext().setUserEnabledMkldnn(enabled);
    }
  }

  private static void limitBlasThreads() {
    try {
      Loader.load(openblas_full.class);
      openblas_full.openblas_set_num_threads(1);
    } catch (LinkageError | RuntimeException e) {
      LOG.debug("OpenBLAS's thread count could not be set; libtorch may use another BLAS", e);
    }
  }
}
