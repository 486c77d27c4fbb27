package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.operators.JacobianOperator;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** The Jacobian of linear combinations of outputs by its products, centred in one of two ways. */
final class KernelMaps {
  private final Pass pass;
  private final Jacobian jacobian;
  private final Tensor head;

  /**
   * @param c number of the model's outputs
   */
  KernelMaps(Pass pass, Outputs outputs, long c, MemoryBudget budget) {
    this.pass = pass;
    Jacobian plain = Jacobian.of(pass.model(), pass.layers(), pass.data()).memoryBudget(budget);
    this.jacobian = pass.fallback() ? plain.perExampleFallback() : plain;
    this.head = Scope.detach(Scope.keeping(() -> outputs.matrix(c, pass.like()).clone()));
  }

  /** J. */
  JacobianOperator plain() {
    return operator((w, f) -> f, u -> u, (u, w) -> w);
  }

  /** J less its mean over these examples. */
  JacobianOperator centred() {
    return operator((w, f) -> off(f), KernelMaps::off, (u, w) -> w);
  }

  /** J less a mean (r, d) that is given, which it takes over. */
  JacobianOperator less(Tensor mean) {
    return operator(
        (w, f) -> f.sub(w.matmul(mean.t()).unsqueeze(2)),
        u -> u,
        (u, w) -> w.sub(u.sum(2).matmul(mean)));
  }

  private static Tensor off(Tensor f) {
    return f.sub(Tensors.sum(f, true, 2).div(Tensors.scalar((double) f.size(2))));
  }

  private interface Correction {
    Tensor of(Tensor argument, Tensor image);
  }

  private JacobianOperator operator(
      Correction pushed, UnaryOperator<Tensor> before, Correction pulled) {
    PushForward push = jacobian.pushForward();
    PullBack pull = jacobian.pullBack();
    PushForward combined =
        new PushForward() {
          @Override
          public LayerCollection layers() {
            return pass.layers();
          }

          @Override
          public Tensor apply(Tensor rows) {
            return Scope.keeping(() -> pushed.of(rows, head.matmul(push.apply(rows))));
          }
        };
    PullBack adjoint =
        new PullBack() {
          @Override
          public LayerCollection layers() {
            return pass.layers();
          }

          @Override
          public Tensor apply(Tensor u) {
            return Scope.keeping(() -> pulled.of(u, pull.apply(head.t().matmul(before.apply(u)))));
          }
        };
    return JacobianOperator.of(combined, adjoint, head.size(0), pass.data().size());
  }

  /** The mean gradient of every combination, (r, d). */
  Tensor mean() {
    return Scope.keeping(
        () -> {
          long n = pass.data().size();
          Tensor each = Tensors.eye(head, head.size(0)).div(Tensors.scalar((double) n));
          return plain().pull().apply(each.unsqueeze(2).expand(-1, -1, n).contiguous());
        });
  }

  /** Squared norms of all gradients, (r, n), by a backward for each combination. */
  Tensor squaredNorms(boolean centred) {
    return Scope.keeping(
        () -> {
          Tensor norms = norms();
          if (!centred) {
            return norms;
          }
          // |J - m|^2 = |J|^2 - 2 <J, m> + |m|^2
          Tensor mean = mean();
          Tensor inner = plain().push().apply(mean).diagonal(0, 0, 1).t();
          return norms.sub(inner.mul(Tensors.scalar(2))).add(mean.square().sum(1).unsqueeze(1));
        });
  }

  private Tensor norms() {
    Tensor all = Tensors.zeros(pass.like(), head.size(0), pass.data().size());
    pass.forEachRecorded(
        recorded -> {
          Norms mine = new Norms(all.narrow(1, recorded.batch().first(), recorded.size()));
          new Filling(List.of(mine)).fill(recorded, new HeadCotangents(head, recorded.outputs()));
        });
    return all;
  }

  /**
   * Squared norms of a minibatch's gradients.
   *
   * @param norms zeros to add them to, (r, n)
   */
  private record Norms(Tensor norms) implements Accumulator {
    @Override
    public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
      Tensor mine = norms.select(0, cotangent);
      Workers.inOrder(
          List.copyOf(gradients.values()),
          LayerGradients::squaredNorms,
          (layer, squares) -> mine.add_(squares));
    }

    @Override
    public void close() {
      // the norms are the kernel's
    }
  }
}
