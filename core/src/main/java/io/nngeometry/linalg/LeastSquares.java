package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The vectors of one LSMR solve, in its caller's scope. Damping is a part of the map: [A; damp I] x
 * is to be near [b; 0], for which any x is a start.
 */
final class LeastSquares {
  private final RectangularOperator operator;
  private final Tensor b;
  private final double damp;
  private final double[] norms;
  private final Tensor x;
  private final Tensor u;
  private final Tensor v;
  private final Tensor h;
  private final Tensor hBar;
  private GolubKahan[] rows = {};
  private int products;

  LeastSquares(RectangularOperator operator, Tensor b, double damp, Tensor x) {
    this.operator = operator;
    this.b = b;
    this.damp = damp;
    this.x = x;
    u = Tensors.zeros(b, b.size(0), operator.rows() + (damp == 0 ? 0 : operator.columns()));
    v = torch.zeros_like(x);
    h = torch.zeros_like(x);
    hBar = torch.zeros_like(x);
    try (Scope scope = Scope.open()) {
      u.narrow(1, 0, operator.rows()).copy_(b);
      norms = norms(transposed(u));
    }
  }

  Tensor x() {
    return x;
  }

  int products() {
    return products;
  }

  private Tensor forward(Tensor vectors) {
    products++;
    return Scope.keeping(
        () -> {
          Tensor image =
              Checked.image(
                  operator.apply(vectors), vectors, vectors.size(0), operator.rows(), "LSMR");
          return damp == 0 ? image : Tensors.cat(List.of(image, vectors.mul(new Scalar(damp))), 1);
        });
  }

  private Tensor transposed(Tensor vectors) {
    return Scope.keeping(
        () -> {
          Tensor upper = vectors.narrow(1, 0, operator.rows());
          Tensor image =
              Checked.image(
                  operator.applyTransposed(upper), upper, b.size(0), operator.columns(), "LSMR");
          return damp == 0
              ? image
              : image.add(vectors.narrow(1, operator.rows(), operator.columns()), new Scalar(damp));
        });
  }

  private static double[] norms(Tensor t) {
    return Tensors.toArray(Equations.norms(t));
  }

  private Tensor column(ToDoubleFunction<GolubKahan> number) {
    return Tensors.of(Arrays.stream(rows).mapToDouble(number).toArray(), rows.length, 1)
        .to(Tensors.type(b));
  }

  /** Makes rows of t unit vectors where they are not zero, and returns their norms. */
  private static double[] normalise(Tensor t) {
    Tensor norms = Equations.norms(t);
    t.div_(Equations.orOne(norms));
    return Tensors.toArray(norms);
  }

  /** Sets out from the true residual and returns the worst of the normal equations, relative. */
  double restart() {
    try (Scope scope = Scope.open()) {
      u.zero_();
      u.narrow(1, 0, operator.rows()).copy_(b);
      u.sub_(forward(x));
      double[] beta = normalise(u);
      v.copy_(transposed(u));
      double[] alpha = normalise(v);
      h.copy_(v);
      hBar.zero_();
      rows = new GolubKahan[beta.length];
      Arrays.setAll(rows, k -> new GolubKahan(alpha[k], beta[k]));
      return worst();
    }
  }

  /** One step of every row that is above the tolerance; returns the worst residual believed in. */
  double iterate(double tolerance) {
    try (Scope scope = Scope.open()) {
      u.mul_(column(g -> -g.alpha)).add_(forward(v));
      double[] beta = normalise(u);
      v.mul_(Tensors.of(beta, beta.length, 1).to(Tensors.type(b)).neg()).add_(transposed(u));
      double[] alpha = normalise(v);
      for (int k = 0; k < rows.length; k++) {
        rows[k].step(alpha[k], beta[k], relative(k) > tolerance);
      }
      hBar.mul_(column(g -> -g.previous)).add_(h);
      x.addcmul_(column(g -> g.length), hBar);
      h.mul_(column(g -> -g.direction)).add_(v);
      return worst();
    }
  }

  private double relative(int k) {
    double residual = Math.abs(rows[k].zetaBar);
    return residual == 0 ? 0 : residual / (norms[k] == 0 ? 1 : norms[k]);
  }

  private double worst() {
    double worst = 0;
    for (int k = 0; k < rows.length; k++) {
      worst = Math.max(worst, relative(k));
    }
    if (!Double.isFinite(worst)) {
      throw new ArithmeticException("LSMR broke down: the numbers overflow, scale them");
    }
    return worst;
  }

  /**
   * The numbers of one right-hand side: the bidiagonal matrix of Golub and Kahan and the two QR
   * factorisations that follow it. Names as in the paper's section 2.8, without damping.
   */
  private static final class GolubKahan {
    double alpha;
    double zetaBar;
    double previous;
    double length;
    double direction;
    private double alphaBar;
    private double rho = 1;
    private double rhoBar = 1;
    private double cBar = 1;
    private double sBar;

    GolubKahan(double alpha, double beta) {
      this.alpha = alpha;
      alphaBar = alpha;
      zetaBar = alpha * beta;
    }

    void step(double nextAlpha, double beta, boolean active) {
      double rhoOld = rho;
      double rhoBarOld = rhoBar;
      rho = Math.hypot(alphaBar, beta);
      if (!active || rho == 0) {
        // solved: waits for the others, and is looked at again when they are done
        previous = 0;
        length = 0;
        direction = 0;
        alpha = nextAlpha;
        rho = rhoOld;
        return;
      }
      double c = alphaBar / rho;
      double s = beta / rho;
      double theta = s * nextAlpha;
      alphaBar = c * nextAlpha;
      double thetaBar = sBar * rho;
      double rhoTemporary = cBar * rho;
      rhoBar = Math.hypot(rhoTemporary, theta);
      double bar = rhoTemporary / rhoBar;
      sBar = theta / rhoBar;
      cBar = bar;
      double zeta = cBar * zetaBar;
      zetaBar = -sBar * zetaBar;
      previous = thetaBar * rho / (rhoOld * rhoBarOld);
      length = zeta / (rho * rhoBar);
      direction = theta / rho;
      alpha = nextAlpha;
    }
  }
}
