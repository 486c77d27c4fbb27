package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Every row with a direction and step lengths of its own. */
final class RowRecurrence extends Recurrence {
  private final Tensor p;
  private final Tensor rz;

  RowRecurrence(Equations equations, Tensor from, double tolerance) {
    super(equations, from, tolerance);
    p = torch.zeros_like(r);
    rz = Equations.norms(r);
    begin();
  }

  @Override
  void begin() {
    try (Scope scope = Scope.open()) {
      Tensor z = equations.preconditioned(r);
      p.copy_(z);
      rz.copy_(checked(Equations.dots(r, z)));
    }
  }

  @Override
  void iterate() {
    try (Scope scope = Scope.open()) {
      Tensor image = equations.damped(p);
      Tensor curvature = Equations.dots(p, image);
      Tensor active = active();
      if (curvature.le(new Scalar(0)).logical_and(active).any().item_bool()) {
        throw new IndefiniteOperatorException("conjugate gradients need");
      }
      Tensor none = torch.zeros_like(rz);
      Tensor alpha = torch.where(active, rz.div(curvature), none);
      x.addcmul_(alpha, p);
      r.addcmul_(alpha, image, new Scalar(-1));
      Tensor z = equations.preconditioned(r);
      Tensor next = checked(Equations.dots(r, z));
      p.mul_(torch.where(active, next.div(rz), none)).add_(z);
      rz.copy_(next);
    }
  }

  private Tensor checked(Tensor products) {
    if (!equations.plain() && products.le(new Scalar(0)).logical_and(active()).any().item_bool()) {
      throw new IndefiniteOperatorException(PRECONDITIONER);
    }
    return products;
  }
}
