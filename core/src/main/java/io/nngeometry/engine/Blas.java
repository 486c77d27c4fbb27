package io.nngeometry.engine;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which library multiplies and decomposes matrices for libtorch.
 *
 * <p>OpenBLAS comes with libtorch. Intel's MKL takes its place where its artifact ({@code
 * org.bytedeco:mkl}, classifier {@code linux-x86_64-redist}) is on the class path and the processor
 * is Intel's: it multiplies the factors of single examples, which have one short side, at 75 to 135
 * GFLOP/s where OpenBLAS does at 40 to 85, and spreads over libtorch's own threads where OpenBLAS
 * has a second pool, which spins against them. On AMD's (EPYC, family 26) it is OpenBLAS that is
 * faster, by a third for exact diagonals.
 *
 * <p>System property {@code nngeometry.blas}: {@code auto} as above, {@code mkl} on any processor,
 * {@code openblas}. JavaCPP's own property, if set, has the last word.
 */
final class Blas {
  private static final Logger LOG = LoggerFactory.getLogger(Blas.class);

  /** What libtorch is linked to, whatever stands in its place. */
  private static final String LINKED = "openblas@.0";

  private static final String JAVACPP_CHOICE = "org.bytedeco.openblas.load";
  private static final String PROPERTY = "nngeometry.blas";
  private static final String AUTO = "auto";
  private static final String MKL = "mkl";
  private static final String OPENBLAS = "openblas";
  private static final String FOLDERS = "/org/bytedeco/";
  private static final int GNU_OPENMP = 3;
  private static final int LAZY = 1;

  private static volatile boolean bound;

  private interface Mkl extends Library {
    int MKL_Set_Threading_Layer(int layer);
  }

  private Blas() {}

  /** Before libtorch is loaded, whose linker takes what is there. */
  static void choose() {
    String choice = System.getProperty(PROPERTY, AUTO);
    if (!List.of(AUTO, MKL, OPENBLAS).contains(choice)) {
      LOG.warn("{}={} is none of auto, mkl and openblas: auto is used", PROPERTY, choice);
      choice = AUTO;
    }
    if (System.getProperty(JAVACPP_CHOICE) != null || choice.equals(OPENBLAS)) {
      return;
    }
    boolean there = isOnClassPath();
    if (there && (choice.equals(MKL) || Processor.isIntel())) {
      System.setProperty(JAVACPP_CHOICE, MKL);
    } else if (!there && choice.equals(MKL)) {
      LOG.warn(
          "{}=mkl, but org.bytedeco:mkl with the classifier {}-redist is not on the class path:"
              + " add it, or leave the property out; OpenBLAS is used",
          PROPERTY,
          Loader.getPlatform());
    }
  }

  /** After libtorch is loaded: no pool of threads beside its own. */
  static void shareThreads() {
    try {
      String file = Loader.getLoadedLibraries().getOrDefault(LINKED, "");
      if (file.contains(FOLDERS + MKL)) {
        // local symbols: those that libtorch finds by itself must stay the only ones
        Map<String, Object> options = Map.of(Library.OPTION_OPEN_FLAGS, LAZY);
        Native.load(file, Mkl.class, options).MKL_Set_Threading_Layer(GNU_OPENMP);
        bind();
      } else if (file.isEmpty() || file.contains(FOLDERS + OPENBLAS)) {
        // of another BLAS the binding would ask for what it lacks, and take the process with it
        Loader.load(openblas_full.class);
        openblas_full.openblas_set_num_threads(1);
        bind();
      }
    } catch (LinkageError | RuntimeException e) {
      LOG.debug("the BLAS's threads could not be set", e);
    }
  }

  private static void bind() {
    Loader.load(openblas_nolapack.class);
    bound = true;
  }

  /** Whether its products can be called from here, and not by libtorch alone. */
  static boolean isBound() {
    return bound;
  }

  private static boolean isOnClassPath() {
    String natives = FOLDERS + MKL + "/" + Loader.getPlatform() + "/libmkl_rt.so.2";
    return Blas.class.getResource(natives) != null;
  }
}
