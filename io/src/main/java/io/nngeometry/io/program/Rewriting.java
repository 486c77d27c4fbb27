package io.nngeometry.io.program;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Calls that are replaced by equal ones: attention by the kernel that has all derivatives, views by
 * reshapes, which do not mind how the operand lies in memory.
 */
final class Rewriting {
  /** Attention by the names that exports have for it. */
  static final Set<String> ATTENTION =
      Set.of(
          "scaled_dot_product_attention",
          "_scaled_dot_product_flash_attention_for_cpu",
          "_scaled_dot_product_flash_attention",
          "_scaled_dot_product_efficient_attention",
          "_scaled_dot_product_fused_attention_overrideable");

  private static final List<String> ATTENTION_ARGUMENTS =
      List.of("query", "key", "value", "attn_mask", "is_causal", "scale", "enable_gqa");

  private Rewriting() {}

  /** What replaces {@code node}, if anything does. */
  static Optional<Node> of(Node node) {
    if (!node.isAten()) {
      return Optional.empty();
    }
    if (ATTENTION.contains(node.operator())) {
      return Optional.of(attention(node));
    }
    boolean view = node.operator().equals("view") || node.operator().equals("_unsafe_view");
    if (view && node.overload().isEmpty()) {
      Map<String, Argument> arguments = new LinkedHashMap<>();
      node.arguments().forEach((name, a) -> arguments.put(name.equals("size") ? "shape" : name, a));
      return Optional.of(
          new Node("torch.ops.aten.reshape.default", arguments, node.outputs(), node.module()));
    }
    return Optional.empty();
  }

  /** Without dropout, by products and a softmax: the fused kernels have no forward mode. */
  private static Node attention(Node node) {
    Map<String, Argument> arguments = new LinkedHashMap<>();
    for (String name : ATTENTION_ARGUMENTS) {
      Argument a =
          node.arguments()
              .get(
                  name.equals("attn_mask") && node.arguments().containsKey("attn_bias")
                      ? "attn_bias"
                      : name);
      if (a != null) {
        arguments.put(name, a);
      }
    }
    return new Node(
        "torch.ops.aten._scaled_dot_product_attention_math.default",
        arguments,
        node.outputs().subList(0, 1),
        node.module());
  }
}
