package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import io.nngeometry.engine.Scope;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/** Calls an operator of libtorch. */
final class Call implements Step {
  private final Operator operator;
  private final Boxing[] arguments;
  private final int[] outputs;

  /**
   * @param outputs slots of what it gives; negative for what nobody uses
   */
  Call(Operator operator, List<Boxing> arguments, int[] outputs) {
    this.operator = operator;
    this.arguments = arguments.toArray(Boxing[]::new);
    this.outputs = outputs;
  }

  @Override
  public void run(Frame frame) {
    try (Scope scope = Scope.open()) {
      IValue[] values = new IValue[arguments.length];
      for (int k = 0; k < values.length; k++) {
        values[k] = arguments[k].value(frame);
      }
      List<Operator.Result> results = operator.call(values);
      if (results.size() == 1 && results.get(0).list()) {
        List<Tensor> tensors = results.get(0).tensors();
        for (int k = 0; k < outputs.length; k++) {
          put(frame, outputs[k], scope.keep(tensors.get(k)));
        }
        return;
      }
      for (int k = 0; k < outputs.length; k++) {
        Operator.Result r = results.get(k);
        if (r.number().isPresent()) {
          put(frame, outputs[k], r.number().get());
        } else {
          put(frame, outputs[k], scope.keep(r.tensors().get(0)));
        }
      }
    }
  }

  private static void put(Frame frame, int slot, Object value) {
    if (slot >= 0) {
      frame.put(slot, value);
    }
  }
}
