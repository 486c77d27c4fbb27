package io.nngeometry.engine;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Starts libtorch once per process, set up the way this library needs it.
 *
 * <p>Three settings matter more than any algorithm on a CPU: libtorch's own thread count (its
 * default here is one), OpenBLAS's second thread pool (it spins against libtorch's; see {@link
 * Blas}), and glibc's habit of returning freed blocks to the kernel (every large temporary is then
 * faulted in again).
 *
 * <p>System properties: {@code nngeometry.threads} (default: available processors), {@code
 * nngeometry.keepAllocator=true} leaves malloc alone, {@code nngeometry.blas} is {@code auto},
 * {@code mkl} or {@code openblas}.
 */
public final class Engine {
  static {
    // JavaCPP would refuse to allocate once resident memory exceeds twice the Java heap
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    Allocator.keepFreedMemory();
    OpenMp.sleepSoon();
    Blas.choose();
    Loader.load(torch.class);
    Blas.shareThreads();
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
}
