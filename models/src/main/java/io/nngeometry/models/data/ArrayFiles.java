package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.io.Npy;
import io.nngeometry.io.Npz;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Inputs {@code x} and targets {@code y} in files of arrays. */
final class ArrayFiles extends DataSource {
  private static final String INPUTS = "x";
  private static final String TARGETS = "y";

  private final Format format;
  private final String place;

  ArrayFiles(String word, Format format, String place) {
    super(word);
    this.format = format;
    this.place = place;
  }

  /** Formats of arrays. */
  enum Format {
    SAFETENSORS {
      @Override
      Map<String, Tensor> read(String place) throws IOException {
        return named(Safetensors.read(path(place), Format::isWanted));
      }
    },

    NPZ {
      @Override
      Map<String, Tensor> read(String place) throws IOException {
        return named(Npz.read(path(place), Format::isWanted));
      }
    },

    NPY {
      @Override
      Map<String, Tensor> read(String place) throws IOException {
        int comma = Files.exists(path(place)) ? -1 : place.indexOf(',');
        Map<String, Tensor> arrays = new LinkedHashMap<>();
        arrays.put(INPUTS, Npy.read(path(comma < 0 ? place : place.substring(0, comma))));
        if (comma >= 0) {
          arrays.put(TARGETS, Npy.read(path(place.substring(comma + 1))));
        }
        return arrays;
      }
    };

    /** The inputs, and the targets if there are any. */
    abstract Map<String, Tensor> read(String place) throws IOException;

    private static boolean isWanted(String name) {
      return name.equals(INPUTS) || name.equals(TARGETS);
    }

    private static Map<String, Tensor> named(TensorFile file) {
      return file.tensors();
    }
  }

  @Override
  boolean hasParts() {
    return false;
  }

  @Override
  Listing list(Part part) throws IOException {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> arrays = format.read(place);
      @Nullable Tensor x = arrays.get(INPUTS);
      if (x == null) {
        throw new IOException(
            "%s: it has no array '%s'; call the inputs %s and the targets, if any, %s"
                .formatted(place, INPUTS, INPUTS, TARGETS));
      }
      return new Listing.Whole(Dataset.of(x, arrays.get(TARGETS)).keep(scope));
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: %s".formatted(place, e.getMessage()), e);
    }
  }
}
