package io.nngeometry.cli.inspect;

import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Module;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a network takes and gives.
 *
 * @param input sizes of one example
 * @param type of its elements: undefined for that of the network's parameters
 * @param classAxis which axis of the outputs the classes are
 */
public record Probe(java.util.List<Long> input, ScalarType type, int classAxis) {
  /** Numbers of the network's type, and classes along axis 1. */
  public static Probe of(long... input) {
    return new Probe(LongStream.of(input).boxed().toList(), ScalarType.Undefined, 1);
  }

  /** One example of zeros, (1, ...). */
  Tensor one(Module net) {
    long[] sizes =
        LongStream.concat(LongStream.of(1), input.stream().mapToLong(Long::longValue)).toArray();
    Tensor like = net.namedParameters().values().iterator().next().tensor();
    return torch.zeros(
        sizes, type == ScalarType.Undefined ? Tensors.options(like) : Tensors.options(type));
  }
}
