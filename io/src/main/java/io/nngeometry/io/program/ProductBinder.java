package io.nngeometry.io.program;

import io.nngeometry.layers.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Binds products with matrices of parameters. */
final class ProductBinder {
  private static final Argument TRANSPOSED =
      new Argument.Sequence(List.of(new Argument.Literal(1L), new Argument.Literal(0L)));

  private final Context context;
  private final LayerBinder layers;

  ProductBinder(Context context, LayerBinder layers) {
    this.context = context;
    this.layers = layers;
  }

  /** A product with a matrix of parameters; of a transposed one it is a linear layer. */
  boolean bind(Node node) {
    if (!Set.of("mm", "matmul", "addmm", "bmm").contains(node.operator())) {
      return false;
    }
    boolean shifted = node.operator().equals("addmm");
    Optional<String> in = node.reference(shifted ? "mat1" : "self");
    Optional<String> weight =
        node.reference(node.operator().equals("matmul") ? "other" : "mat2")
            .map(this::matrix)
            .filter(w -> context.isDerived(w) && context.shape(w).length == 2);
    Optional<String> bias = shifted ? node.reference("self") : Optional.empty();
    if (in.isEmpty()
        || weight.isEmpty()
        || context.shape(in.get()).length < 2
        || !node.isOne("beta")
        || !node.isOne("alpha")) {
      return false;
    }
    Optional<String> stored = transposed(weight.get());
    if (stored.isPresent()) {
      return layers.bind(node, new Forms.Linear(), in.get(), stored, bias);
    }
    if (bias.isEmpty()) {
      return layers.bind(node, new Forms.Product(), in.get(), weight, bias);
    }
    return productThenBias(node, in.get(), weight.get(), bias.get());
  }

  /** The one matrix that a batch of matrices repeats, if it is such a context.batch. */
  private String matrix(String name) {
    String matrix = name;
    while (context.shape(matrix).length > 2) {
      Optional<Node> node = context.flow.producer(matrix);
      String from = node.flatMap(n -> n.references().findFirst()).orElse("");
      boolean same =
          node.isPresent()
              && Operators.RESHAPING.contains(node.get().operator())
              && Arrays.equals(context.shape(from), context.shape(matrix));
      boolean repeats =
          node.isPresent() && node.get().operator().equals("expand") && isRepeated(from, matrix);
      if (!same && !repeats) {
        return name;
      }
      matrix = from;
    }
    return matrix;
  }

  private boolean isRepeated(String from, String batch) {
    long[] many = context.shape(batch);
    return context.shape(from).length == 2
        && Arrays.equals(
            context.shape(from), Arrays.copyOfRange(many, many.length - 2, many.length));
  }

  /** Whether a value serves as the right matrix of products alone. */
  boolean isMultiplied(String name) {
    return !matrix(name).equals(name)
        && context.flow.users(name).stream()
            .allMatch(
                n ->
                    (n.operator().equals("bmm")
                            && n.reference("mat2").equals(Optional.of(name))
                            && !n.reference("self").equals(Optional.of(name)))
                        || (Operators.RESHAPING.contains(n.operator())
                            && isMultiplied(n.output())));
  }

  /** The stored matrix that a value is the transpose of. */
  private Optional<String> transposed(String name) {
    return context
        .flow
        .producer(name)
        .filter(n -> Set.of("t", "transpose", "permute", "numpy_T", "mT").contains(n.operator()))
        .map(n -> n.references().findFirst().orElseThrow())
        .filter(r -> context.isDerived(r) && context.shape(r).length == 2)
        .filter(
            r ->
                context.shape(r)[0] != context.shape(r)[1]
                    || swaps(context.flow.producer(name).orElseThrow()));
  }

  /**
   * Whether a call exchanges the axes of a matrix, which the shape of a square one does not tell.
   */
  private static boolean swaps(Node node) {
    return switch (node.operator()) {
      case "transpose" -> !node.argument("dim0").equals(node.argument("dim1"));
      case "permute" -> node.argument("dims").filter(TRANSPOSED::equals).isPresent();
      default -> true;
    };
  }

  private boolean productThenBias(Node node, String input, String weight, String bias) {
    Optional<Parameter> b =
        context.isDerived(bias)
            ? context.derivations.of(bias).itself()
            : Optional.<Parameter>empty();
    Optional<BatchAxis> axis = context.axes.of(node.output());
    if (b.isEmpty() || axis.isEmpty() || b.get().shape().length != 1) {
      return false;
    }
    Node product =
        new Node(
            "torch.ops.aten.mm.default",
            Map.of("self", new Argument.Reference(input), "mat2", new Argument.Reference(weight)),
            node.outputs(),
            node.module());
    if (!layers.bind(product, new Forms.Product(), input, Optional.of(weight), Optional.empty())) {
      return false;
    }
    context.registry.bare(b.get());
    int out = context.slot(node.output());
    Parameter shift = b.get();
    BatchAxis place = axis.get();
    context.add(
        node,
        frame -> {
          Tensor y = place.toFront(frame.tensor(out), frame.examples());
          frame.put(out, place.fromFront(y.add(shift.over(y))));
        });
    return true;
  }
}
