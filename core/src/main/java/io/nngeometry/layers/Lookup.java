package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Which row of a table every position of every example reads: one-hot inputs by the number of their
 * hot element. An example's gradient has a row for each row that it read, the sum over the
 * positions that read it, and is zero elsewhere; so every quantity costs what was read, and not the
 * table.
 */
final class Lookup {
  private final long examples;
  private final long positions;
  private final long tableRows;
  private final Tensor reading; // (P): numbers, among n S, of the positions that read a row
  private final Tensor pair; // (P): the pair of example and row that each of them belongs to
  private final Tensor place; // (U): number of each distinct pair among n V
  private final Tensor example; // (U): example of each distinct pair
  private final Tensor row; // (U): row of each distinct pair

  /**
   * @param hot the row read at every position, (n, S), negative where none is
   * @param tableRows number of rows there are
   */
  Lookup(Tensor hot, long tableRows) {
    this.examples = hot.size(0);
    this.positions = hot.size(1);
    this.tableRows = tableRows;
    reading = hot.reshape(-1).ge(Tensors.scalar(0)).nonzero().squeeze(1);
    // an integer stays one only beside integers
    Scalar rows = new Scalar(tableRows);
    Tensor firstRow = torch.arange(new Scalar(examples), hot.options()).mul(rows);
    Tensor pairs = hot.add(firstRow.unsqueeze(1)).reshape(-1).index_select(0, reading);
    T_TensorTensorTensor_T distinct = torch.unique_dim(pairs, 0, true, true, false);
    place = new Tensor(distinct.get0());
    pair = new Tensor(distinct.get1());
    row = place.remainder(rows);
    example = place.sub(row).floor_divide(rows);
  }

  /** What it is made of. */
  List<Tensor> tensors() {
    return List.of(reading, pair, place, example, row);
  }

  /** The example of each distinct pair of an example and a row that it read, (U). */
  Tensor example() {
    return example;
  }

  /** The row of each pair, (U). */
  Tensor row() {
    return row;
  }

  /** Numbers at positions, (n, 1, S, E), added up over the positions of each pair: (U, E). */
  Tensor byPair(Tensor signal) {
    long e = signal.size(3);
    Tensor read = signal.reshape(examples * positions, e).index_select(0, reading);
    return Tensors.zeros(signal, row.size(0), e).index_add_(0, pair, read);
  }

  /** Numbers of pairs, (U, E), added up over examples: (V, E). */
  Tensor byRow(Tensor ofPairs) {
    return Tensors.zeros(ofPairs, tableRows, ofPairs.size(1)).index_add_(0, row, ofPairs);
  }

  /** Numbers of pairs, (U), added up over rows: (n). */
  Tensor byExample(Tensor ofPairs) {
    return Tensors.zeros(ofPairs, examples).index_add_(0, example, ofPairs);
  }

  /** The gradients of n examples, (n, V E), with the signals at their positions. */
  Tensor perExample(Tensor signal) {
    return whole(byPair(signal)).flatten(1, 2);
  }

  /** Of each example and row the share of positions that read it, (n, V). */
  Tensor shares(Tensor like) {
    return whole(counts(like)).squeeze(2).div(Tensors.scalar(positions));
  }

  /** How many positions read each row, (V): the diagonal of the sum of e e^T. */
  Tensor frequencies(Tensor like) {
    return byRow(counts(like)).squeeze(1);
  }

  private Tensor counts(Tensor like) {
    Tensor ones = torch.ones(new long[] {pair.size(0), 1}, Tensors.options(like));
    return Tensors.zeros(like, row.size(0), 1).index_add_(0, pair, ones);
  }

  private Tensor whole(Tensor ofPairs) {
    return Tensors.zeros(ofPairs, examples * tableRows, ofPairs.size(1))
        .index_add_(0, place, ofPairs)
        .view(examples, tableRows, ofPairs.size(1));
  }
}
