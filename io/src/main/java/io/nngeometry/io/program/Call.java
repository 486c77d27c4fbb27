package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import java.util.List;
import org.bytedeco.pytorch.IValue;

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
    IValue[] values = new IValue[arguments.length];
    for (int k = 0; k < values.length; k++) {
      values[k] = arguments[k].value(frame);
    }
    List<Operator.Result> results = operator.call(values);
    for (int k = 0; k < values.length; k++) {
      if (arguments[k].isFresh()) {
        values[k].close(); // it would hold its tensors as long as the scope
      }
    }
    boolean list = results.size() == 1 && results.get(0).list();
    for (int k = 0; k < outputs.length; k++) {
      if (outputs[k] >= 0) {
        frame.put(outputs[k], list ? results.get(0).tensors().get(k) : results.get(k).value());
      }
    }
  }
}
