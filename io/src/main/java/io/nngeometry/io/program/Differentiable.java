package io.nngeometry.io.program;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.engine.Tensors;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Calls as they are made in passes whose tangents are differentiated: libtorch's own tangents of
 * them cannot be, or are so wrongly. Of several results only the first is given.
 */
final class Differentiable {
  private Differentiable() {}

  /** The other step of {@code node}, if its own does not serve. */
  static Optional<Step> of(Node node, ToIntFunction<String> slots) {
    if (!node.isAten()) {
      return Optional.empty();
    }
    if (Rewriting.ATTENTION.contains(node.operator())) {
      return attention(node, slots);
    }
    return switch (node.operator()) {
      case "softmax", "_softmax" -> softmax(node, slots, Normalisation::softmax);
      case "log_softmax", "_log_softmax" -> softmax(node, slots, Normalisation::logSoftmax);
      case "_native_batch_norm_legit" ->
          node.overload().equals("no_stats")
              ? Optional.of(minibatchNorm(node, slots))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private interface AlongAxis {
    Tensor of(Tensor x, long axis);
  }

  /** Unless the type is to change too. */
  private static Optional<Step> softmax(
      Node node, ToIntFunction<String> slots, AlongAxis function) {
    boolean retyped = node.argument("dtype").isPresent() || node.isTrue("half_to_float");
    if (retyped
        || !(node.argument("dim").orElse(Argument.NONE) instanceof Argument.Literal l
            && l.value() instanceof Long axis)) {
      return Optional.empty();
    }
    int in = slot(node, "self", slots);
    int out = slots.applyAsInt(node.output());
    return Optional.of(frame -> frame.put(out, function.of(frame.tensor(in), axis)));
  }

  /** By statistics over all axes but that of the channels: an instance norm, taken apart. */
  private static Step minibatchNorm(Node node, ToIntFunction<String> slots) {
    int in = slot(node, "input", slots);
    int weight = slot(node, "weight", slots);
    int bias = slot(node, "bias", slots);
    int out = slots.applyAsInt(node.output());
    double eps = number(node, "eps", 1e-5);
    return frame -> {
      Tensor x = frame.tensor(in);
      // one channel with all its examples and positions is one instance's channel
      Tensor alone = x.transpose(0, 1).reshape(1, x.size(1), -1);
      Tensor y =
          Normalisation.instance(
              alone,
              weight < 0 ? null : frame.tensor(weight),
              bias < 0 ? null : frame.tensor(bias),
              eps);
      long[] turned = Tensors.shape(x.transpose(0, 1));
      frame.put(out, y.reshape(turned).transpose(0, 1));
    };
  }

  /** softmax(q k^T scale + mask) v (Vaswani et al. 2017); rows that see nothing give zero. */
  private static Optional<Step> attention(Node node, ToIntFunction<String> slots) {
    if (node.isTrue("enable_gqa")) {
      return Optional.empty();
    }
    int query = slot(node, "query", slots);
    int key = slot(node, "key", slots);
    int value = slot(node, "value", slots);
    int given = slot(node, "attn_mask", slots);
    int mask = given < 0 ? slot(node, "attn_bias", slots) : given;
    int out = slots.applyAsInt(node.output());
    boolean causal = node.isTrue("is_causal");
    double scale = number(node, "scale", Double.NaN);
    return Optional.of(
        frame -> {
          Tensor q = frame.tensor(query);
          Tensor k = frame.tensor(key);
          double factor = Double.isNaN(scale) ? 1 / Math.sqrt(q.size(-1)) : scale;
          Tensor scores = q.matmul(k.transpose(-2, -1)).mul(Tensors.scalar(factor));
          if (causal) {
            scores = where(scores, torch.ones(new long[] {q.size(-2), k.size(-2)}).tril());
          }
          if (mask >= 0) {
            Tensor m = frame.tensor(mask);
            scores = Tensors.type(m) == ScalarType.Bool ? where(scores, m) : scores.add(m);
          }
          frame.put(out, Normalisation.safeSoftmax(scores).matmul(frame.tensor(value)));
        });
  }

  private static Tensor where(Tensor scores, Tensor seen) {
    return scores.masked_fill(seen.eq(Tensors.scalar(0)), Tensors.scalar(Double.NEGATIVE_INFINITY));
  }

  /** The slot of an argument; negative where it is none. */
  private static int slot(Node node, String argument, ToIntFunction<String> slots) {
    return node.reference(argument).map(slots::applyAsInt).orElse(-1);
  }

  private static double number(Node node, String argument, double byDefault) {
    return node.argument(argument).orElse(Argument.NONE) instanceof Argument.Literal l
            && l.value() instanceof Number n
        ? n.doubleValue()
        : byDefault;
  }
}
