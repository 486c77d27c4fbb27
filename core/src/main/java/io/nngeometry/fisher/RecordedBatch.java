package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.Recording;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A minibatch after its recorded forward pass: outputs, and what each layer saw. Backwards through
 * it bring cotangents to the layers' outputs, and to no weight.
 */
final class RecordedBatch {
  private final Minibatch batch;
  private final Tensor outputs;
  private final Recording recording;
  private final Map<String, LayerInputs> inputs = new LinkedHashMap<>();

  private RecordedBatch(Minibatch batch, Tensor outputs, Recording recording) {
    this.batch = batch;
    this.outputs = outputs;
    this.recording = recording;
  }

  static RecordedBatch of(Pass pass, Minibatch batch) {
    try (Recording recording = Recording.begin(pass.layers(), pass.fallback())) {
      Tensor outputs = pass.forward(batch);
      recording.checkUnmodified();
      RecordedBatch recorded = new RecordedBatch(batch, outputs, recording);
      LayerInputs.of(pass.layers(), recording)
          .forEach(in -> recorded.inputs.put(in.layer().id(), in));
      return recorded;
    }
  }

  /** Number of examples. */
  long size() {
    return batch.size();
  }

  Minibatch batch() {
    return batch;
  }

  /** The outputs, (n, ...), without history. */
  Tensor outputs() {
    return outputs.detach();
  }

  /** The uses of layers, in order. */
  List<LayerUse> uses() {
    return recording.uses();
  }

  /** What the used layers saw, by id. */
  Map<String, LayerInputs> inputs() {
    return inputs;
  }

  /**
   * One backward: what it brings to the outputs of the used layers.
   *
   * @param cotangent of the outputs' shape
   * @param last whether no further backward will be asked for, so that the graph may be freed
   */
  Signals signals(Tensor cotangent, boolean last) {
    return whole().backward(cotangent, last).signals();
  }

  /** The network as one. */
  Segment whole() {
    return new Segment(outputs, Optional.empty(), recording.uses(), inputs);
  }

  /** The parts of the network that backward goes through one after the other. */
  List<Segment> segments() {
    return Segment.of(outputs, recording.uses(), recording.nodes(), inputs);
  }
}
