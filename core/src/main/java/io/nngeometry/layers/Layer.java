package io.nngeometry.layers;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A layer of a collection: the parameters it owns and where they lie in the flat vector. A tied
 * parameter belongs to the layer that comes first, and is reached through every layer that uses it.
 *
 * @param id name, as the model registered it
 * @param kind {@code Linear}, {@code Conv2d}, …
 * @param source the model's layer
 * @param slots the owned parameters in flat order
 * @param offset where the first of them starts in the flat vector of the collection
 * @param size number of owned parameters
 * @param matrix the owned parameters as matrices, if every use of them is a linear map
 * @param users layers that use an owned parameter, this one first
 */
public record Layer(
    String id,
    String kind,
    ParametricLayer source,
    List<Slot> slots,
    long offset,
    long size,
    Optional<MatrixLayout> matrix,
    List<ParametricLayer> users) {

  /**
   * One owned parameter.
   *
   * @param name full name, {@code id.weight}
   * @param parameter the parameter
   * @param offset where it starts in the flat vector of the collection
   */
  public record Slot(String name, Parameter parameter, long offset) {}

  /** This layer's part of flat vectors: (..., d) to (..., size), a view. */
  public Tensor of(Tensor flat) {
    return flat.narrow(-1, offset, size);
  }

  /** The parameters. */
  public List<Parameter> parameters() {
    return slots.stream().map(Slot::parameter).toList();
  }

  /** The owned weight and bias as rows with a bias element each, if that is what they are. */
  public Optional<MatrixLayout> rows() {
    return slots.size() == 2 ? source.rule().rows() : Optional.empty();
  }

  /** Whether every use of the parameters is in a linear map with shared weights. */
  public boolean isLinearMap() {
    return users.stream().allMatch(user -> user.rule().asLinearMap().isPresent());
  }

  /** Whether the gradients of a minibatch may be held: {@link LayerRule#gradientsAreSmall}. */
  public boolean gradientsAreSmall() {
    return users.stream().allMatch(user -> user.rule().gradientsAreSmall());
  }

  /** Which side of the matrices inputs index, in this layer and all that share its parameters. */
  public InputSide inputs() {
    boolean rows = false;
    boolean columns = false;
    for (ParametricLayer user : users) {
      Optional<LinearMapRule> map = user.rule().asLinearMap();
      if (map.isPresent()) {
        rows |= map.get().inputIsLeft();
        columns |= !map.get().inputIsLeft();
      }
    }
    return rows && columns ? InputSide.BOTH : rows ? InputSide.ROWS : InputSide.COLUMNS;
  }

  /** Layers are keys often, and ids differ in a collection. */
  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id + " (" + kind + ", " + size + " parameters)";
  }
}
