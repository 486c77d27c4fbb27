package io.nngeometry.cli.training;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import io.nngeometry.models.data.LabelledImages;
import io.nngeometry.models.data.TrainTest;
import io.nngeometry.nn.Module;
import java.util.*;
import org.bytedeco.pytorch.*;
import org.bytedeco.pytorch.global.torch;

/** temporary */
public final class Training {
  private Training() {}

  public static TrainingHistory run(
      Module net, TrainTest data, TrainingSettings s, Progress progress) {
    long start = System.nanoTime();
    net.initialize(s.seed());
    List<Parameter> ps = List.copyOf(net.namedParameters().values());
    List<org.bytedeco.pytorch.Tensor> vel = new ArrayList<>();
    for (Parameter p : ps) vel.add(Scope.detach(torch.zeros_like(p.tensor())));
    List<TrainingHistory.Epoch> epochs = new ArrayList<>();
    int steps = (data.train().size() + s.batch() - 1) / s.batch();
    try (Progress.Task task = progress.start("training", (long) steps * s.epochs())) {
      long done = 0;
      for (int e = 0; e < s.epochs(); e++) {
        net.train();
        double loss = 0;
        long right = 0;
        try (LabelledImages sh = data.train().shuffled(s.seed() + e)) {
          for (int b = 0; b < sh.size(); b += s.batch()) {
            try (Scope scope = Scope.open(); GradMode on = GradMode.enabled();
                LabelledImages mb = sh.slice(b, Math.min(sh.size(), b + s.batch()))) {
              double lr = s.learningRate() * 0.5 * (1 + Math.cos(Math.PI * done / (double) (steps * s.epochs())));
              org.bytedeco.pytorch.Tensor out = net.forward(mb.images());
              org.bytedeco.pytorch.Tensor l = torch.cross_entropy(out, mb.labels());
              right += Accuracy.right(out, mb.labels());
              loss += l.item_double() * mb.size();
              List<org.bytedeco.pytorch.Tensor> g = Tensors.gradients(l, torch.ones_like(l), ps.stream().map(Parameter::tensor).toList(), false);
              try (GradMode off = GradMode.disabled()) {
                for (int k = 0; k < ps.size(); k++) {
                  vel.get(k).mul_(new Scalar(s.momentum())).add_(g.get(k)).add_(ps.get(k).tensor(), new Scalar(s.weightDecay()));
                  ps.get(k).tensor().add_(vel.get(k), new Scalar(-lr));
                }
              }
              task.at(++done, "loss %.3f".formatted(loss / (b + mb.size())));
            }
          }
        }
        net.eval();
        epochs.add(new TrainingHistory.Epoch(e + 1, loss / data.train().size(), (double) right / data.train().size(), Accuracy.of(net, data.test())));
      }
    }
    return new TrainingHistory(epochs, (System.nanoTime() - start) / 1e9);
  }
}
