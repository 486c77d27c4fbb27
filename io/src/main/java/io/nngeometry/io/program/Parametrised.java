package io.nngeometry.io.program;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.Normalisation;
import io.nngeometry.engine.PaddingMode;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A call of an operator that may have parameters, with its roles.
 *
 * @param form what it computes
 * @param input the value that it transforms
 * @param weight its weight, if any
 * @param bias its bias, if any
 */
record Parametrised(Form form, String input, Optional<String> weight, Optional<String> bias) {

  /** What is known of values where a call is read. */
  interface Values {
    /** The tensor of a buffer or constant, if the value is one. */
    Optional<Tensor> constant(String name);

    /** Sizes of the value when the program was exported. */
    long[] shape(String name);
  }

  /** The roles of {@code node}, if it is such an operator, of a kind that is understood. */
  static Optional<Parametrised> of(Node node, Values values) {
    try {
      return Optional.ofNullable(new Reader(node, values).read());
    } catch (NotFixedException e) {
      return Optional.empty();
    }
  }

  /** An option is no fixed number. */
  private static final class NotFixedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private record Reader(Node node, Values values) {
    @Nullable Parametrised read() {
      return switch (node.operator()) {
        case "linear" ->
            node.reference("weight").isPresent() ? weighted(new Forms.Linear(), "input") : null;
        case "conv1d" -> convolution(1);
        case "conv2d" -> convolution(2);
        case "conv3d" -> convolution(3);
        case "convolution" ->
            bool("transposed", false)
                ? transposed(list("padding", 0).length)
                : convolution(list("padding", 0).length);
        case "conv_transpose1d" -> transposed(1);
        case "conv_transpose2d" -> transposed(2);
        case "conv_transpose3d" -> transposed(3);
        case "batch_norm", "native_batch_norm", "_native_batch_norm_legit_no_training" ->
            batchNorm();
        case "instance_norm" -> instanceNorm();
        case "group_norm" -> groupNorm(number("num_groups"));
        case "native_group_norm" -> groupNorm(number("group"));
        case "layer_norm", "native_layer_norm" -> layerNorm();
        case "rms_norm", "_fused_rms_norm" -> rmsNorm();
        case "embedding" ->
            roles(
                new Forms.Lookup(literal("padding_idx", Long.class, -1L)),
                "indices",
                "weight",
                "none");
        case "prelu", "_prelu_kernel" -> roles(new Forms.Slopes(), "self", "weight", "none");
        default -> null;
      };
    }

    private @Nullable Parametrised weighted(Form form, String input) {
      return roles(form, input, "weight", "bias");
    }

    private @Nullable Parametrised roles(Form form, String input, String weight, String bias) {
      Optional<String> x = node.reference(input);
      return x.isEmpty()
          ? null
          : new Parametrised(form, x.get(), node.reference(weight), node.reference(bias));
    }

    private @Nullable Parametrised convolution(int axes) {
      long[] kernel = kernel(axes);
      long[] stride = spread(list("stride", 1), axes, 1);
      long[] dilation = spread(list("dilation", 1), axes, 1);
      long[] before = new long[axes];
      long[] after = new long[axes];
      Object padding = node.argument("padding").map(Reader::text).orElse("");
      if (padding.equals("same")) {
        for (int k = 0; k < axes; k++) {
          long all = dilation[k] * (kernel[k] - 1);
          before[k] = all / 2;
          after[k] = all - before[k];
        }
      } else if (!padding.equals("valid")) {
        before = spread(list("padding", 0), axes, 0);
        after = before;
      }
      return weighted(
          new Forms.Convolved(
              new Convolution(
                  kernel,
                  positive(stride),
                  before,
                  after,
                  positive(dilation),
                  literal("groups", Long.class, 1L),
                  PaddingMode.ZEROS)),
          "input");
    }

    private @Nullable Parametrised transposed(int axes) {
      return weighted(
          Forms.Spread.of(
              kernel(axes),
              positive(spread(list("stride", 1), axes, 1)),
              spread(list("padding", 0), axes, 0),
              spread(list("output_padding", 0), axes, 0),
              positive(spread(list("dilation", 1), axes, 1)),
              literal("groups", Long.class, 1L)),
          "input");
    }

    private static long[] positive(long[] values) {
      for (long v : values) {
        if (v < 1) {
          throw new NotFixedException();
        }
      }
      return values;
    }

    private static String text(Argument a) {
      return a instanceof Argument.Literal l && l.value() instanceof String s ? s : "";
    }

    private long[] kernel(int axes) {
      long[] shape = values.shape(node.reference("weight").orElseThrow(NotFixedException::new));
      if (axes < 1 || axes > 3 || shape.length != axes + 2) {
        throw new NotFixedException();
      }
      return Arrays.copyOfRange(shape, 2, shape.length);
    }

    private @Nullable Parametrised batchNorm() {
      if (bool("training", false)) {
        return null;
      }
      Tensor mean = buffer("running_mean");
      Tensor variance = buffer("running_var");
      double eps = real("eps");
      return weighted(
          Forms.Normalised.channels(
              "BatchNorm" + Math.max(1, rank() - 2) + "d",
              (x, w, b) -> Normalisation.fixed(x, mean, variance, w, b, eps)),
          "input");
    }

    private @Nullable Parametrised instanceNorm() {
      double eps = real("eps");
      if (!bool("use_input_stats", true)) {
        Tensor mean = buffer("running_mean");
        Tensor variance = buffer("running_var");
        return weighted(
            Forms.Normalised.channels(
                "InstanceNorm" + (rank() - 2) + "d",
                (x, w, b) -> Normalisation.fixed(x, mean, variance, w, b, eps)),
            "input");
      }
      if (node.reference("running_mean").isPresent()) {
        return null; // it would write to its buffers
      }
      return weighted(
          Forms.Normalised.channels(
              "InstanceNorm" + (rank() - 2) + "d",
              (x, w, b) -> Normalisation.instance(x, w, b, eps)),
          "input");
    }

    private int rank() {
      return values.shape(node.reference("input").orElseThrow(NotFixedException::new)).length;
    }

    private Tensor buffer(String name) {
      return node.reference(name).flatMap(values::constant).orElseThrow(NotFixedException::new);
    }

    private @Nullable Parametrised groupNorm(long groups) {
      double eps = real("eps");
      return weighted(
          Forms.Normalised.channels(
              "GroupNorm", (x, w, b) -> Normalisation.group(x, groups, w, b, eps)),
          "input");
    }

    private @Nullable Parametrised layerNorm() {
      long[] shape = list("normalized_shape", 0);
      double eps = real("eps");
      return weighted(
          Forms.Normalised.trailing(
              "LayerNorm", shape.length, (x, w, b) -> Normalisation.layer(x, shape, w, b, eps)),
          "input");
    }

    private @Nullable Parametrised rmsNorm() {
      long[] shape = list("normalized_shape", 0);
      // absent or none: the machine epsilon
      @Nullable Double eps =
          node.argument("eps").filter(a -> !a.equals(Argument.NONE)).map(a -> real(a)).orElse(null);
      return roles(
          Forms.Normalised.trailing(
              "RMSNorm", shape.length, (x, w, b) -> Normalisation.rootMeanSquare(x, shape, w, eps)),
          "input",
          "weight",
          "none");
    }

    private boolean bool(String name, boolean byDefault) {
      return literal(name, Boolean.class, byDefault);
    }

    private long number(String name) {
      return node.argument(name).map(a -> value(a, Long.class)).orElseThrow(NotFixedException::new);
    }

    private double real(String name) {
      return node.argument(name).map(Reader::real).orElse(1e-5);
    }

    private static double real(Argument a) {
      if (a instanceof Argument.Literal l && l.value() instanceof Number n) {
        return n.doubleValue();
      }
      throw new NotFixedException();
    }

    private <T> T literal(String name, Class<T> type, T byDefault) {
      return node.argument(name).map(a -> value(a, type)).orElse(byDefault);
    }

    private static <T> T value(Argument a, Class<T> type) {
      if (a instanceof Argument.Literal l && type.isInstance(l.value())) {
        return type.cast(l.value());
      }
      throw new NotFixedException();
    }

    private long[] list(String name, long byDefault) {
      return node.argument(name).map(Reader::longs).orElse(new long[] {byDefault});
    }

    private static long[] longs(Argument a) {
      if (a instanceof Argument.Sequence s) {
        return s.elements().stream().mapToLong(e -> value(e, Long.class)).toArray();
      }
      return new long[] {value(a, Long.class)};
    }

    private static long[] spread(long[] values, int axes, long byDefault) {
      if (values.length == axes) {
        return values;
      }
      if (values.length > 1) {
        throw new NotFixedException();
      }
      long[] all = new long[axes];
      Arrays.fill(all, values.length == 1 ? values[0] : byDefault);
      return all;
    }
  }
}
