package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.TensorOptions;

/**
 * What a command about one matrix works with.
 *
 * @param subject the network
 * @param opened the matrix, in any representation
 * @param folder of the results
 * @param settings every setting by its option's name
 * @param checkpoint what is saved on the way
 * @param progress where to tell how far it is
 */
record Session(
    Subject subject,
    MatrixSource.Opened opened,
    Path folder,
    Map<String, Object> settings,
    Checkpoint checkpoint,
    Progress progress) {

  /** The network's parameters. */
  LayerCollection layers() {
    return opened.network().layers();
  }

  /** The examples. */
  Examples examples() {
    return opened.examples();
  }

  /** Type and device of vectors. */
  TensorOptions options() {
    return Tensors.options(opened.network().dtype().type());
  }

  /** The Fisher matrix in one representation. */
  PMat fisher(Representation representation) {
    return opened.of(MatrixKind.FISHER).as(List.of(representation), progress).get(0);
  }

  /** The matrix in one representation. */
  PMat matrix(Representation representation) {
    return opened.as(List.of(representation), progress).get(0);
  }
}
