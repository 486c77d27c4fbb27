package io.nngeometry.nn;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * In training mode, sets elements to zero at random and scales the others up; otherwise its input.
 * Its random numbers are its own and follow from the seed.
 */
public final class Dropout extends Module {
  private final double probability;
  private final long seed;
  private final Generator generator;

  /**
   * @param probability of an element to be dropped, 0 to 1
   * @param seed where the random numbers start
   */
  public Dropout(double probability, long seed) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("a probability is 0 to 1, got " + probability);
    }
    this.probability = probability;
    this.seed = seed;
    try (Scope scope = Scope.open()) {
      generator = Scope.detach(Tensors.generator(seed));
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    if (!isTraining() || probability == 0) {
      return x;
    }
    if (probability == 1) {
      return Tensors.times(x, 0);
    }
    double kept = 1 - probability;
    Tensor mask = torch.empty_like(x.detach()).bernoulli_(kept, new GeneratorOptional(generator));
    return x.mul(mask.div_(Tensors.scalar(kept)));
  }

  @Override
  protected void restart(long start) {
    generator.set_current_seed(seed ^ start);
  }

  @Override
  protected boolean behavesDifferentlyInTraining() {
    return probability > 0;
  }
}
