package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic gradient descent: with g the gradient plus weight decay times w, the velocity is v =
 * momentum v + g, and w decreases by the learning rate times v, or, with Nesterov's rule, times g +
 * momentum v.
 *
 * @param momentum 0 to 1, 1 excluded
 * @param nesterov whether to look ahead; needs momentum
 * @param weightDecay added to the gradient, times w
 */
public record SGD(double momentum, boolean nesterov, double weightDecay) implements Optimizer {
  /** Checks the options. */
  public SGD {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum must be in [0, 1), got " + momentum);
    }
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("Nesterov's rule needs momentum");
    }
    if (!(weightDecay >= 0)) {
      throw new IllegalArgumentException("weight decay must be at least 0, got " + weightDecay);
    }
  }

  /** Plain gradient descent. */
  public SGD() {
    this(0, false, 0);
  }

  /** With momentum. */
  public SGD momentum(double value) {
    return new SGD(value, nesterov, weightDecay);
  }

  /** With Nesterov's rule. */
  public SGD withNesterov() {
    return new SGD(momentum, true, weightDecay);
  }

  /** With weight decay. */
  public SGD weightDecay(double value) {
    return new SGD(momentum, nesterov, value);
  }

  @Override
  public Run start(List<Parameter> parameters) {
    return new Steps(this, List.copyOf(parameters));
  }

  private static final class Steps implements Run {
    private final SGD options;
    private final List<Parameter> parameters;
    private final Moments velocity;

    Steps(SGD options, List<Parameter> parameters) {
      this.options = options;
      this.parameters = parameters;
      // without momentum there is nothing to remember
      velocity = new Moments(options.momentum == 0 ? List.of() : parameters);
    }

    @Override
    public void step(List<Tensor> gradients, double learningRate) {
      try (Scope scope = Scope.open();
          GradMode none = GradMode.disabled()) {
        for (int k = 0; k < parameters.size(); k++) {
          Tensor w = parameters.get(k).tensor();
          Tensor g = gradients.get(k).detach();
          if (options.weightDecay > 0) {
            g = g.add(w, Tensors.scalar(options.weightDecay));
          }
          if (options.momentum > 0) {
            Tensor v = velocity.get(k);
            v.mul_(Tensors.scalar(options.momentum)).add_(g);
            g = options.nesterov ? g.add(v, Tensors.scalar(options.momentum)) : v;
          }
          w.sub_(g, Tensors.scalar(learningRate));
        }
      }
    }

    @Override
    public Map<String, Tensor> state() {
      Map<String, Tensor> state = new LinkedHashMap<>();
      velocity.addTo(state, "velocity");
      return state;
    }

    @Override
    public void close() {
      velocity.close();
    }
  }
}
