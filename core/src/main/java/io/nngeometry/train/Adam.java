package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * Adam (Kingma &amp; Ba 2015); with decoupled weight decay, AdamW (Loshchilov &amp; Hutter 2019).
 *
 * @param beta1 memory of the mean gradient
 * @param beta2 memory of the mean square
 * @param eps added to the root of the mean square
 * @param weightDecay pull of w towards zero
 * @param decoupled whether the decay acts on w itself and not through the gradient
 */
public record Adam(double beta1, double beta2, double eps, double weightDecay, boolean decoupled)
    implements Optimizer {
  /** Checks the options. */
  public Adam {
    if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException(
          "the betas must be in [0, 1), got %s and %s".formatted(beta1, beta2));
    }
    if (!(eps > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "eps must be positive and weight decay at least 0, got %s and %s"
              .formatted(eps, weightDecay));
    }
  }

  /** The paper's constants, without weight decay. */
  public Adam() {
    this(0.9, 0.999, 1e-8, 0, false);
  }

  /** With weight decay added to the gradient. */
  public Adam weightDecay(double value) {
    return new Adam(beta1, beta2, eps, value, false);
  }

  /** With weight decay of w itself. */
  public Adam decoupledWeightDecay(double value) {
    return new Adam(beta1, beta2, eps, value, true);
  }

  /** With other memories. */
  public Adam betas(double first, double second) {
    return new Adam(first, second, eps, weightDecay, decoupled);
  }

  @Override
  public Run start(List<Parameter> parameters) {
    return new Steps(this, List.copyOf(parameters));
  }

  private static final class Steps implements Run {
    private static final String COUNT = "count";

    private final Adam options;
    private final List<Parameter> parameters;
    private final Moments mean;
    private final Moments square;
    private int count;

    Steps(Adam options, List<Parameter> parameters) {
      this.options = options;
      this.parameters = parameters;
      mean = new Moments(parameters);
      square = new Moments(parameters);
    }

    @Override
    public void step(List<Tensor> gradients, double learningRate) {
      count++;
      double unbiasMean = 1 - Math.pow(options.beta1, count);
      double unbiasRoot = Math.sqrt(1 - Math.pow(options.beta2, count));
      try (Scope scope = Scope.open();
          GradMode none = GradMode.disabled()) {
        for (int k = 0; k < parameters.size(); k++) {
          Tensor w = parameters.get(k).tensor();
          Tensor g = decayed(w, gradients.get(k).detach(), learningRate);
          Tensor m = mean.get(k);
          Tensor v = square.get(k);
          m.lerp_(g, Tensors.scalar(1 - options.beta1));
          v.mul_(Tensors.scalar(options.beta2)).addcmul_(g, g, Tensors.scalar(1 - options.beta2));
          Tensor root = v.sqrt().div_(Tensors.scalar(unbiasRoot)).add_(Tensors.scalar(options.eps));
          w.addcdiv_(m, root, Tensors.scalar(-learningRate / unbiasMean));
        }
      }
    }

    private Tensor decayed(Tensor w, Tensor g, double learningRate) {
      if (options.weightDecay == 0) {
        return g;
      }
      if (options.decoupled) {
        w.mul_(Tensors.scalar(1 - learningRate * options.weightDecay));
        return g;
      }
      return g.add(w, Tensors.scalar(options.weightDecay));
    }

    @Override
    public Map<String, Tensor> state() {
      Map<String, Tensor> state = new LinkedHashMap<>();
      mean.addTo(state, "mean");
      square.addTo(state, "square");
      state.put(COUNT, Tensors.of(new long[] {count}, 1));
      return state;
    }

    @Override
    public void load(Map<String, Tensor> saved) {
      Run.super.load(saved);
      count = Math.toIntExact(Tensors.toLongArray(Objects.requireNonNull(saved.get(COUNT)))[0]);
    }

    @Override
    public void close() {
      mean.close();
      square.close();
    }
  }
}
