package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.AffineRule;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Binds modules that scale their input, shift it, or both, as one layer each. */
final class ScaleBinder {
  private final Context context;
  private final LayerBinder layers;

  ScaleBinder(Context context, LayerBinder layers) {
    this.context = context;
    this.layers = layers;
  }

  /** A module that scales its input, shifts it, or both. */
  boolean bind(Node node) {
    boolean scales = node.operator().equals("mul");
    boolean shifts = node.operator().equals("add") && node.isOne("alpha");
    if (!(scales || shifts) || node.outputs().size() != 1) {
      return false;
    }
    List<String> operands = node.references().toList();
    if (operands.size() != 2
        || context.isDerived(operands.get(0)) == context.isDerived(operands.get(1))) {
      return false;
    }
    String x = operands.get(context.isDerived(operands.get(0)) ? 1 : 0);
    String first = operands.get(context.isDerived(operands.get(0)) ? 0 : 1);
    Optional<Node> next =
        scales
            ? context
                .flow
                .onlyUser(node.output())
                .filter(n -> n.operator().equals("add") && n.isOne("alpha"))
                .filter(n -> n.references().filter(context::isDerived).count() == 1)
            : Optional.empty();
    Optional<String> second =
        next.flatMap(n -> n.references().filter(context::isDerived).findFirst());
    if (second.isPresent() && isAffine(x, node, Optional.of(first), second)) {
      context.done.add(next.get());
      return scaled(next.get(), x, Optional.of(first), second);
    }
    Optional<String> weight = scales ? Optional.of(first) : Optional.empty();
    Optional<String> bias = scales ? Optional.empty() : Optional.of(first);
    return isAffine(x, node, weight, bias) && scaled(node, x, weight, bias);
  }

  /**
   * Whether these are all the parameters of one module, and lie along the input's own context.axes.
   */
  private boolean isAffine(String x, Node node, Optional<String> weight, Optional<String> bias) {
    List<Derived> parts =
        Stream.of(weight, bias).flatMap(Optional::stream).map(context.derivations::of).toList();
    if (parts.stream().anyMatch(d -> d.reshaped().isEmpty() || d.dynamic())) {
      return false;
    }
    List<String> names =
        parts.stream().map(d -> context.registry.name(d.reshaped().get(), node.module())).toList();
    String owner = LayerRegistry.owner(names.get(0));
    long[] shape = Context.aligned(parts.get(0).shape(), context.shape(x).length);
    return !owner.isEmpty()
        && context.registry.ownNames(owner).equals(new HashSet<>(names))
        && shape.length == context.shape(x).length
        && parts.stream()
            .allMatch(d -> Arrays.equals(Context.aligned(d.shape(), shape.length), shape))
        && Arrays.equals(context.shape(x), context.shape(node.output()))
        && Tensors.numel(shape) == parts.get(0).parameters().get(0).size()
        && (isTrailing(shape, x) || isChannels(shape))
        && context.axes.of(x).isPresent();
  }

  /** Whether only the last axes are run along, and those whole. */
  private boolean isTrailing(long[] aligned, String x) {
    return Arrays.stream(aligned).anyMatch(s -> s > 1)
        && Arrays.equals(
            Arrays.copyOfRange(aligned, leadingOnes(aligned), aligned.length),
            Arrays.copyOfRange(context.shape(x), leadingOnes(aligned), aligned.length));
  }

  private static int leadingOnes(long[] aligned) {
    int ones = 0;
    while (ones < aligned.length - 1 && aligned[ones] == 1) {
      ones++;
    }
    return ones;
  }

  private static boolean isChannels(long[] aligned) {
    return aligned.length > 1 && Tensors.numel(aligned) == aligned[1];
  }

  private boolean scaled(Node node, String x, Optional<String> weight, Optional<String> bias) {
    Derived any = context.derivations.of(weight.or(() -> bias).orElseThrow());
    long[] shape = Context.aligned(any.shape(), context.shape(x).length);
    boolean trailing = isTrailing(shape, x);
    int own = trailing ? shape.length - leadingOnes(shape) : -1;
    Form form =
        new Forms.Scaled(
            trailing ? AffineRule.Axes.TRAILING : AffineRule.Axes.CHANNELS,
            own,
            Arrays.stream(
                    trailing ? Arrays.copyOfRange(shape, leadingOnes(shape), shape.length) : shape)
                .boxed()
                .toList());
    return layers.bind(node, form, x, weight, bias);
  }
}
