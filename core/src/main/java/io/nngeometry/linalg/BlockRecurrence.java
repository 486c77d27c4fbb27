package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * All rows move in the span of all directions (O'Leary 1980). Directions that have come to depend
 * on each other are dropped by the singular values of the block (Ji and Li 2017, breakdown-free
 * block conjugate gradients), so that right-hand sides may be equal, or zero, or more than there
 * are dimensions.
 */
final class BlockRecurrence extends Recurrence {
  private Tensor p;

  BlockRecurrence(Equations equations, Tensor from, double tolerance) {
    super(equations, from, tolerance);
    p = torch.zeros_like(r);
    begin();
  }

  @Override
  void begin() {
    replaceDirections(Scope.keeping(() -> independent(equations.preconditioned(r))));
  }

  private void replaceDirections(Tensor next) {
    p.close();
    p = next;
  }

  @Override
  void iterate() {
    try (Scope scope = Scope.open()) {
      Tensor image = equations.damped(p);
      Tensor curvature = p.matmul(image.t());
      T_TensorTensor_T cholesky =
          torch.linalg_cholesky_ex(curvature.add(curvature.t()).div(new Scalar(2)));
      if (new Tensor(cholesky.get1()).item_long() != 0) {
        throw new IndefiniteOperatorException("conjugate gradients need");
      }
      Tensor lower = new Tensor(cholesky.get0());
      Tensor alpha = torch.cholesky_solve(p.matmul(r.t()), lower).t();
      x.add_(alpha.matmul(p));
      r.sub_(alpha.matmul(image));
      Tensor z = equations.preconditioned(r);
      if (!equations.plain()
          && Equations.dots(r, z).le(new Scalar(0)).logical_and(active()).any().item_bool()) {
        throw new IndefiniteOperatorException(PRECONDITIONER);
      }
      Tensor beta = torch.cholesky_solve(image.matmul(z.t()), lower).t();
      replaceDirections(scope.keep(independent(z.sub(beta.matmul(p)))));
    }
  }

  /** Orthonormal rows that span these, each taken at unit length, but for rounding. */
  private static Tensor independent(Tensor rows) {
    return Scope.keeping(
        () -> {
          Tensor unit = rows.div(Equations.orOne(Equations.norms(rows)));
          T_TensorTensor_T qr = torch.linalg_qr(unit.t());
          T_TensorTensorTensor_T svd = torch.linalg_svd(new Tensor(qr.get1()));
          Tensor values = new Tensor(svd.get1());
          double least = Math.sqrt(Sketch.rounding(rows)) * Tensors.item(values.max());
          long rank = Math.max(1, values.gt(new Scalar(least)).sum().item_long());
          return new Tensor(qr.get0())
              .matmul(new Tensor(svd.get0()).narrow(1, 0, rank))
              .t()
              .contiguous();
        });
  }
}
