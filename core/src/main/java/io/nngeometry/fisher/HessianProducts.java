package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Linearisation.Order;
import io.nngeometry.fisher.Linearisation.Pushed;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A way to the products of one minibatch's Hessian, a sum over its examples, with vectors. */
enum HessianProducts {
  /**
   * With outputs f and the loss's gradient g and Hessian C in them, H v = J^T C J v + d/dw &lt;J v,
   * g&gt;: a forward pass in forward mode gives J v as a node of the graph, one backward both
   * terms. Unlike forward mode through a backward, this needs no derivative of a backward formula.
   */
  FORWARD_MODE {
    @Override
    List<Tensor> of(Pass pass, Minibatch batch, ExampleLoss loss, Tensor y, List<Tensor> vectors) {
      int m = vectors.size();
      var f = new Linearisation(pass, batch, Order.SECOND, m > 1);
      List<Tensor> products = new ArrayList<>();
      for (int k = 0; k < m; k++) {
        try (Scope one = Scope.open()) {
          Pushed p = f.push(vectors.get(k));
          Tensor outputs = p.outputs().detach();
          Tensor curved = loss.hessianProduct(outputs, y, p.tangents().detach());
          Tensor product = one.keep(Tensors.zeros(vectors.get(k), pass.layers().size()));
          f.pull(p, curved, loss.gradient(outputs, y), k == m - 1, product);
          products.add(product);
        }
      }
      return products;
    }
  },

  /**
   * By the graph of a gradient. Right for whatever the engine can differentiate twice; but its
   * second derivative of a convolution is slow, and in float32 runs into oneDNN's wrong kernels, so
   * it must do without oneDNN.
   */
  DOUBLE_BACKWARD {
    @Override
    List<Tensor> of(Pass pass, Minibatch batch, ExampleLoss loss, Tensor y, List<Tensor> vectors) {
      if (pass.dtype() == ScalarType.Double) {
        return new DoubleBackward(pass, batch, loss, y).products(vectors);
      }
      return Engine.withoutOneDnn(() -> new DoubleBackward(pass, batch, loss, y).products(vectors));
    }
  };

  private static final Logger LOG = LoggerFactory.getLogger(HessianProducts.class);

  /** One product for each vector (d), in the caller's scope. */
  abstract List<Tensor> of(
      Pass pass, Minibatch batch, ExampleLoss loss, Tensor y, List<Tensor> vectors);

  /**
   * The faster way that is right for a model: forward mode, unless it fails on the first example or
   * differs from double backward there. The engine does not say so by itself: tangents of some
   * operations (a layer_norm that the model calls outside our layers) cannot be differentiated, or
   * are so wrongly.
   */
  static HessianProducts right(Pass pass, Minibatch batch, ExampleLoss loss) {
    try (Scope scope = Scope.open()) {
      Minibatch one =
          new Minibatch(
              batch.inputs().stream().map(t -> t.narrow(0, 0, 1)).toList(),
              batch.labels().map(t -> t.narrow(0, 0, 1)),
              batch.first());
      Tensor y = one.labels().orElseThrow();
      List<Tensor> v =
          List.of(Tensors.randn(0, Tensors.options(pass.like()), pass.layers().size()));
      Tensor truth = DOUBLE_BACKWARD.of(pass, one, loss, y, v).get(0);
      double tolerance = pass.dtype() == ScalarType.Double ? 1e-6 : 1e-2;
      String why;
      try {
        Tensor error = FORWARD_MODE.of(pass, one, loss, y, v).get(0).sub(truth);
        if (Tensors.item(error.norm()) <= tolerance * Tensors.item(truth.norm())) {
          return FORWARD_MODE;
        }
        why = "it would be wrong";
      } catch (RuntimeException e) {
        why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      }
      LOG.debug(
          "second derivatives by double backward, as forward mode does not serve this model: {}",
          why);
      return DOUBLE_BACKWARD;
    }
  }
}
