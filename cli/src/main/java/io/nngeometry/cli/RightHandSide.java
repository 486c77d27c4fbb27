package io.nngeometry.cli;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
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
    return FromFile.of(word);
  }

  /** The gradient of the mean cross entropy over the examples. */
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
                      Tensor outputs = session.classifier().net().forward(batch.inputs().get(0));
                      Tensor mean = torch.cross_entropy_loss(outputs, batch.labels().orElseThrow());
                      total
                          .select(0, 0)
                          .add_(
                              PVector.gradient(layers, mean).tensor(),
                              Tensors.scalar(batch.size() / n));
                    });
            return total;
          });
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

  /**
   * A tensor of a file.
   *
   * @param file in safetensors form
   * @param key the tensor's name; empty for the only one
   */
  record FromFile(Path file, String key) implements RightHandSide {
    @Override
    public String toString() {
      return key.isEmpty() ? file.toString() : file + ":" + key;
    }

    /** FILE or FILE:KEY. */
    static FromFile of(String word) {
      int colon = word.lastIndexOf(':');
      return colon <= 1 || Files.exists(Path.of(word)) // one letter and a colon are a drive
          ? new FromFile(Path.of(word), "")
          : new FromFile(Path.of(word.substring(0, colon)), word.substring(colon + 1));
    }

    @Override
    public Tensor rows(Session session) throws IOException {
      if (!Files.isRegularFile(file)) {
        throw new UserException(
            "--vector %s: no such file; give gradient, random:SEED or FILE:KEY".formatted(file));
      }
      long d = session.layers().size();
      try (TensorFile content = Safetensors.read(file)) {
        TreeSet<String> names = new TreeSet<>(content.tensors().keySet());
        String name = key.isEmpty() && names.size() == 1 ? names.first() : key;
        if (!names.contains(name)) {
          throw new UserException(
              "--vector %s: %s; it holds %s: name one as FILE:KEY"
                  .formatted(
                      file, name.isEmpty() ? "which tensor?" : "no tensor '" + name + "'", names));
        }
        Tensor v = content.get(name);
        if (v.numel() != d || !v.is_floating_point()) {
          throw new UserException(
              "--vector %s: the tensor '%s' has shape %s and type %s; the network has %d parameters, so that many floating-point numbers are needed"
                  .formatted(file, name, Arrays.toString(Tensors.shape(v)), Tensors.type(v), d));
        }
        if (!Tensors.isFinite(v)) {
          throw new UserException(
              "--vector %s: the tensor '%s' holds NaN or infinite numbers".formatted(file, name));
        }
        return Scope.keeping(
            () -> v.reshape(1, d).to(session.options().dtype().toScalarType()).clone());
      } catch (CorruptFileException e) {
        throw new UserException("--vector %s".formatted(e.getMessage()), e);
      }
    }
  }
}
