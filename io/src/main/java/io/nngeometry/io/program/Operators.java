package io.nngeometry.io.program;

import java.util.Arrays;
import java.util.Set;

/**
 * What programs may call, and what is known of it. A program is a stranger's: it may compute, but
 * not open files, reinterpret memory or run for ever. So operators are listed here before the
 * dispatcher is asked for them.
 */
final class Operators {
  /** Operators that work element by element on operands that broadcast. */
  static final Set<String> ELEMENTWISE =
      set(
          """
          add sub rsub mul div true_divide floor_divide remainder fmod pow maximum minimum fmax fmin
          atan2 where lerp addcmul addcdiv clamp hypot logaddexp eq ne lt le gt ge logical_and
          logical_or logical_xor bitwise_and bitwise_or bitwise_xor xlogy
          """);

  /** Operators that work on every element by itself. */
  static final Set<String> POINTWISE =
      set(
          """
          abs acos acosh asin asinh atan atanh ceil cos cosh deg2rad erf erfc erfinv exp exp2 expm1
          floor frac lgamma log log10 log1p log2 logit neg reciprocal round rsqrt sigmoid sign sin
          sinc sinh sqrt square tan tanh trunc logical_not bitwise_not isnan isinf isfinite
          nan_to_num relu relu6 gelu silu mish elu selu celu leaky_relu hardtanh hardsigmoid
          hardswish softplus log_sigmoid softsign threshold clamp_min clamp_max hardshrink
          softshrink tanhshrink masked_fill to _to_copy type_as float double half int long bool
          fill zero detach zeros_like ones_like full_like empty_like
          """);

  /** Operators that show the same elements in the same order. */
  static final Set<String> RESHAPING =
      set(
          """
          view reshape _unsafe_view flatten unflatten unsqueeze squeeze alias contiguous clone
          lift_fresh_copy lift_fresh view_as reshape_as dropout native_dropout
          feature_dropout alpha_dropout
          """);

  /** Operators whose results are elements of their first operand. */
  static final Set<String> CHOOSING =
      set(
          """
          permute transpose t mT numpy_T swapaxes swapdims movedim moveaxis expand expand_as
          broadcast_to select slice narrow split split_with_sizes chunk unbind index index_select
          flip roll repeat tile repeat_interleave embedding diagonal unfold
          """);

  /** Operators whose first operand is copied for every example. */
  static final Set<String> COPYING = set("expand repeat expand_as broadcast_to tile");

  /** Operators whose first axis runs over examples, each of which has its own result. */
  static final Set<String> LEADING =
      set(
          """
          conv1d conv2d conv3d convolution conv_transpose1d conv_transpose2d conv_transpose3d
          batch_norm _native_batch_norm_legit_no_training instance_norm group_norm prelu
          _prelu_kernel max_pool1d max_pool2d max_pool3d max_pool2d_with_indices
          max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d
          adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d
          adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d upsample_nearest1d
          upsample_nearest2d upsample_nearest3d upsample_linear1d upsample_bilinear2d
          upsample_trilinear3d upsample_bicubic2d pixel_shuffle pixel_unshuffle channel_shuffle
          """);

  private static final Set<String> OTHERS =
      set(
          """
          native_batch_norm _native_batch_norm_legit native_group_norm layer_norm
          native_layer_norm rms_norm _fused_rms_norm linear addmm mm matmul bmm baddbmm addbmm dot
          mv addmv outer einsum tensordot bilinear scaled_dot_product_attention
          _scaled_dot_product_attention_math _scaled_dot_product_flash_attention_for_cpu
          _scaled_dot_product_flash_attention _scaled_dot_product_efficient_attention
          _scaled_dot_product_fused_attention_overrideable _weight_norm _weight_norm_interface glu
          softmax _softmax log_softmax _log_softmax logsumexp softmin
          sum mean amax amin max min prod var std var_mean std_mean argmax argmin norm
          linalg_vector_norm linalg_norm linalg_matrix_norm norm_except_dim all any cumsum cumprod
          sort topk count_nonzero logcumsumexp
          cat concat concatenate stack hstack vstack meshgrid tril triu constant_pad_nd pad
          reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d
          replication_pad3d im2col col2im gather scatter scatter_add index_add index_put
          masked_select nonzero one_hot select_scatter slice_scatter cross cdist cosine_similarity
          pairwise_distance lp_pool1d lp_pool2d _upsample_nearest_exact2d _upsample_bilinear2d_aa
          grid_sampler grid_sampler_2d affine_grid_generator copy
          arange linspace ones zeros full empty eye new_ones new_zeros new_full new_empty
          scalar_tensor sym_size sym_numel sym_stride numel item _local_scalar_dense is_nonzero
          """);

  /** Assertions about sizes and types, which change nothing. */
  private static final Set<String> IGNORED =
      set(
          """
          _assert_scalar _assert_async _assert_tensor_metadata sym_constrain_range
          sym_constrain_range_for_size _functional_assert_async
          """);

  private Operators() {}

  private static Set<String> set(String names) {
    return Set.copyOf(Arrays.asList(names.trim().split("\\s+")));
  }

  /** Whether programs may call it. */
  static boolean allows(String operator) {
    return OTHERS.contains(operator)
        || ELEMENTWISE.contains(operator)
        || POINTWISE.contains(operator)
        || RESHAPING.contains(operator)
        || CHOOSING.contains(operator)
        || LEADING.contains(operator);
  }

  /** Whether a call of it does nothing. */
  static boolean ignores(Node node) {
    return node.isAten() && IGNORED.contains(node.operator());
  }
}
