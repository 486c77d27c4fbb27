package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.layers.OuterGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.KroneckerBlock;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The Kronecker factors of a linear map. In the 'expand' form they are second moments of inputs,
 * summed over positions, and of output gradients, averaged over positions (Grosse and Martens 2016,
 * equation 27); in the 'reduce' form inputs are averaged and output gradients summed over positions
 * before their moments are taken (Eschenhagen et al. 2023, section 3.2).
 *
 * <p>The moment of a lookup's one-hots is diagonal in the 'expand' form, and stored as that; that
 * of fewer vectors than they have elements is stored as its root.
 *
 * <p>Centred, the output gradients have their mean over examples and positions taken off.
 */
final class KroneckerAccumulator implements BlockAccumulator {
  private final Layer layer;
  private final MatrixLayout layout;
  private final InputSide inputs;
  private final boolean reduce;
  private final Types types;
  private final Sum ofInputs;
  private final Sum ofSignals;
  private final Means means;

  KroneckerAccumulator(Layer layer, boolean reduce, Types types) {
    this.layer = layer;
    this.reduce = reduce;
    this.types = types;
    layout = layer.matrix().orElseThrow();
    inputs = layer.inputs();
    long in = inputs == InputSide.ROWS ? layout.rows() : layout.width();
    long out = inputs == InputSide.ROWS ? layout.width() : layout.rows();
    ofInputs =
        inputs == InputSide.ROWS && !reduce
            ? types.sum(layout.groups(), in)
            : types.sum(layout.groups(), in, in);
    ofSignals = types.sum(layout.groups(), out, out);
    means = types.means(layout.groups(), out);
  }

  @Override
  public Optional<Layer> only() {
    return Optional.of(layer);
  }

  @Override
  public void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    LayerInputs mine = inputs.get(layer.id());
    if (mine != null) {
      long columns = types.examples() * (reduce ? 1 : mine.positions());
      ofInputs.expect(columns);
      if (!types.centred()) {
        ofSignals.expect(columns * cotangents);
      }
      ofInputs.grow(reduce ? mine::reducedInputMoment : mine::inputMoment);
    }
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    LayerGradients mine = gradients.get(layer.id());
    if (mine != null) {
      try (Scope scope = Scope.open()) {
        OuterGradients outer = mine.outer();
        double weight = reduce ? 1 : 1.0 / outer.positions();
        ofSignals.grow(
            reduce ? outer::reducedSignalMoment : total -> outer.signalMoment(weight, total));
        means.add(
            cotangent, () -> outer.signal().sum(0, 2).mul(new org.bytedeco.pytorch.Scalar(weight)));
      }
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    ofInputs.merge(((KroneckerAccumulator) other).ofInputs);
    ofSignals.merge(((KroneckerAccumulator) other).ofSignals);
    means.merge(((KroneckerAccumulator) other).means);
  }

  @Override
  public double eigenvectors() {
    return ofInputs.eigenvectors() + ofSignals.eigenvectors();
  }

  @Override
  public KroneckerBlock finish(long examples) {
    return (KroneckerBlock)
        Block.keeping(
            () -> {
              Tensor in = ofInputs.meanOrRoot(layer.id(), examples);
              Tensor out =
                  means.takenOff(
                      ofSignals.meanOrRoot(layer.id(), examples),
                      examples,
                      m -> m.unsqueeze(2).mul(m.unsqueeze(1)));
              return inputs == InputSide.ROWS
                  ? new KroneckerBlock(layout, in, out, inputs)
                  : new KroneckerBlock(layout, out, in, inputs);
            });
  }

  @Override
  public void close() {
    ofInputs.close();
    ofSignals.close();
    means.close();
  }
}
