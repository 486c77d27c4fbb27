package io.nngeometry.cli;

import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** A network's parameters in a file: safetensors, or to read, a state_dict of PyTorch. */
final class Weights {
  /** Name of the share of held-out examples that a network classifies rightly. */
  static final String ACCURACY = "test_accuracy";

  private Weights() {}

  /** Writes them, with {@code facts} about how they came about. */
  static void save(Path file, Architecture network, Module net, Map<String, String> facts)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(facts);
    metadata.put("format", "nngeometry-weights");
    metadata.put("version", "1");
    metadata.putAll(network.metadata());
    Safetensors.write(file, net.state(), metadata);
  }

  /** The sizes that a file's metadata tell; none if it tells none or cannot be read. */
  static NetworkKind.Shape shape(Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      return NetworkKind.Shape.DEFAULT; // loading says what is wrong
    }
    try (TensorFile weights = Safetensors.read(file, name -> false)) {
      return Architecture.shape(weights.metadata());
    } catch (CorruptFileException e) {
      return NetworkKind.Shape.DEFAULT; // a state_dict, or loading says what is wrong
    }
  }

  /** The accuracy that the metadata of a file of ours tell, if they do. */
  static OptionalDouble accuracy(Path file) throws IOException {
    try (TensorFile weights = Safetensors.read(file, name -> false)) {
      String share = weights.metadata().get(ACCURACY);
      return share == null ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(share));
    }
  }

  /** Reads them into {@code net}. */
  static void load(Path file, NetworkKind kind, Module net) throws IOException {
    InputFiles.readable("--weights " + file, file, "train");
    try (TensorFile weights = io.nngeometry.io.Weights.read(file)) {
      String model = weights.metadata().getOrDefault("model", kind.word());
      if (!model.equals(kind.word())) {
        throw new UserException(
            "--weights %s: these are weights of %s, not of %s; name it with --model %s"
                .formatted(file, model, kind.word(), model));
      }
      net.load(weights.tensors());
    } catch (CorruptFileException e) {
      throw new UserException(
          "--weights %s; 'nngeometry train --out %s' makes another"
              .formatted(e.getMessage(), file.getFileName()),
          e);
    } catch (IllegalArgumentException e) {
      throw new UserException("--weights %s: %s".formatted(file, e.getMessage()), e);
    }
  }
}
