package io.nngeometry.cli;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Files;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine.TypeConversionException;

/** The vector of a solve, as the command line names it. */
sealed interface RightHandSide {
  /** The vector, (1, d), of the products' type. */
  Tensor rows(Session session) throws IOException;

  /** The one called {@code word}. */
  static RightHandSide of(String word) {
    if (word.equals("gradient")) {
      return new Gradient();
    }
    if (word.startsWith("random:")) {
      try {
        return new Random(Long.parseLong(word.substring("random:".length())));
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "'%s' has no whole number as its seed; random:7 has".formatted(word));
      }
    }
    return new FromFile(VectorFile.of(word));
  }

  /** The gradient of the mean loss over the examples: minus the mean score. */
  record Gradient() implements RightHandSide {
    @Override
    public String toString() {
      return "gradient";
    }

    @Override
    public Tensor rows(Session session) {
      LayerCollection layers = session.layers();
      double n = session.examples().size();
      return Scope.keeping(
          () -> {
            Tensor total = torch.zeros(new long[] {1, layers.size()}, session.options());
            session
                .examples()
                .forEach(
                    batch -> {
                      Tensor outputs = forward(session, batch);
                      Tensor slope =
                          session.opened().loss().gradient(outputs.detach(), aims(batch));
                      Tensor linear = outputs.mul(slope).sum();
                      total
                          .select(0, 0)
                          .add_(PVector.gradient(layers, linear).tensor(), Tensors.scalar(1 / n));
                    });
            return total;
          });
    }

    private static Tensor forward(Session session, Minibatch batch) {
      Tensor[] inputs = batch.inputs().toArray(Tensor[]::new);
      return session.opened().network().model().forward(inputs);
    }

    private static Tensor aims(Minibatch batch) {
      return batch
          .labels()
          .orElseThrow(
              () ->
                  new UserException(
                      "--vector gradient: the data have no targets; give random:SEED or FILE:KEY"));
    }
  }

  /** Standard normal coordinates. */
  record Random(long seed) implements RightHandSide {
    @Override
    public String toString() {
      return "random:" + seed;
    }

    @Override
    public Tensor rows(Session session) {
      return Tensors.randn(seed, session.options(), 1, session.layers().size());
    }
  }

  /** A tensor of a file. */
  record FromFile(VectorFile source) implements RightHandSide {
    @Override
    public String toString() {
      return source.toString();
    }

    @Override
    public Tensor rows(Session session) throws IOException {
      if (!Files.isRegularFile(source.file())) {
        throw new UserException(
            "--vector %s: no such file; give gradient, random:SEED or FILE:KEY"
                .formatted(source.file()));
      }
      return source.row(session.layers().size(), session.options().dtype().toScalarType().intern());
    }
  }
}
