package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.data.Examples;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.TensorOptions;

/**
 * What a command about one matrix works with.
 *
 * @param classifier the network
 * @param layers its parameters
 * @param examples held-out images with labels
 * @param options type and device of vectors
 * @param folder of the results
 * @param settings every setting by its option's name
 * @param checkpoint what is saved on the way
 * @param progress where to tell how far it is
 */
record Session(
    Classifier classifier,
    LayerCollection layers,
    Examples examples,
    TensorOptions options,
    Path folder,
    Map<String, Object> settings,
    Checkpoint checkpoint,
    Progress progress) {

  /** The Fisher matrix in one representation. */
  PMat fisher(Representation representation) {
    Fisher fisher = Fisher.of(classifier.net(), Metric.categorical()).layers(layers).on(examples);
    if (representation == Representation.IMPLICIT || representation == Representation.EYE) {
      return fisher.as(representation);
    }
    try (Progress.Task task =
        progress.start("building " + representation.name(), examples.size())) {
      return fisher.progress((done, all) -> task.at(done)).as(representation);
    }
  }

  /** A matrix in one representation. */
  PMat matrix(MatrixKind kind, Representation representation) {
    if (kind == MatrixKind.FISHER) {
      return fisher(representation);
    }
    Hessian hessian =
        Hessian.of(classifier.net(), ExampleLoss.crossEntropy()).layers(layers).on(examples);
    if (representation == Representation.IMPLICIT) {
      return hessian.as(representation);
    }
    try (Progress.Task task = progress.start("building " + representation.name(), layers.size())) {
      return hessian.progress((done, all) -> task.at(done)).as(representation);
    }
  }
}
