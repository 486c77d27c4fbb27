package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.linalg.DiagonalEstimate;
import io.nngeometry.linalg.Effort;
import io.nngeometry.linalg.Hutchinson;
import io.nngeometry.operators.PMat;
import java.util.function.BiConsumer;

/**
 * The Hessian of a loss in the parameters, a mean over examples: symmetric, and in general
 * indefinite. A description; {@link #as} computes. Every option gives a new description.
 *
 * <pre>{@code
 * PMat H = Hessian.of(model, ExampleLoss.crossEntropy()).on(data).as(Representation.IMPLICIT);
 * double sharpness = H.spectralNorm();
 * }</pre>
 *
 * <p>A product costs a forward pass in forward mode and a backward through it and its tangents,
 * about three forward and backward passes (Pearlmutter 1994). What is stored is made of products
 * with unit vectors, one for each parameter.
 */
public final class Hessian {
  private final Subject subject;
  private final ExampleLoss loss;

  private Hessian(Subject subject, ExampleLoss loss) {
    this.subject = subject;
    this.loss = loss;
  }

  /** The second derivatives in all parameters of {@code model}, in evaluation mode. */
  public static Hessian of(Model model, ExampleLoss loss) {
    return new Hessian(Subject.of(model), loss);
  }

  /** The examples to average over, with their targets as labels. */
  public Hessian on(Examples examples) {
    return new Hessian(subject.on(examples), loss);
  }

  /** The parameters of interest; all by default. No rule need cover them. */
  public Hessian layers(LayerCollection some) {
    return new Hessian(subject.in(some), loss);
  }

  /** The bytes that matrices may take; seven tenths of the machine's memory by default. */
  public Hessian memoryBudget(MemoryBudget other) {
    return new Hessian(subject.within(other), loss);
  }

  /** Tells {@code listener} parameters done and parameters in all, while a matrix is stored. */
  public Hessian progress(BiConsumer<Long, Long> listener) {
    return new Hessian(subject.told(listener), loss);
  }

  /**
   * Computes the matrix: {@link Representation#IMPLICIT}, {@link Representation#DENSE}, {@link
   * Representation#BLOCK_DIAG} or {@link Representation#DIAG}.
   *
   * @throws IllegalArgumentException for representations that only sums of outer products have
   * @throws MemoryBudgetException if it does not fit
   */
  public PMat as(Representation representation) {
    ImplicitHessian implicit = implicit();
    if (representation == Representation.IMPLICIT) {
      return implicit;
    }
    UnitProducts products = new UnitProducts(implicit, subject.budget(), subject.progress());
    if (representation == Representation.DENSE) {
      return products.dense();
    }
    if (representation == Representation.BLOCK_DIAG) {
      return products.blockDiagonal();
    }
    if (representation == Representation.DIAG) {
      return products.diagonal();
    }
    throw new IllegalArgumentException(
        ("a Hessian has no %s form, which needs a sum of outer products: it comes as implicit, dense,"
                + " block-diag and diag")
            .formatted(representation));
  }

  /**
   * The diagonal where there are too many parameters for a product each: estimated with vectors of
   * signs, with an error for every element.
   */
  public DiagonalEstimate diagonal(Effort effort, long seed) {
    ImplicitHessian implicit = implicit();
    return Hutchinson.of(effort, seed).diagonal(implicit, implicit.options());
  }

  private ImplicitHessian implicit() {
    Pass pass = subject.pass().quiet();
    pass.checkModel();
    return new ImplicitHessian(pass, loss, subject.budget());
  }
}
