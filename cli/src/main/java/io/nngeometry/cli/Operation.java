package io.nngeometry.cli;

import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.vectors.PVector;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** What can be asked of a matrix. */
enum Operation {
  /** The sum of the diagonal. */
  TRACE(false, false, true) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return number(m.trace());
    }
  },

  /** The root of the sum of squares. */
  NORM(false, false, true) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return number(m.frobeniusNorm());
    }
  },

  /** The diagonal, (d). */
  DIAG(false, false, false) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return m.diagonal().tensor();
    }
  },

  /** M v, (d). */
  MV(true, false, false) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return m.mv(in.vector(this)).tensor();
    }
  },

  /** v^T M v. */
  QUADRATIC_FORM(true, false, true) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return number(m.quadraticForm(in.vector(this)));
    }
  },

  /** The damped inverse applied to v, (d). */
  SOLVE(true, true, false) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return m.solve(in.vector(this), in.damping(this)).tensor();
    }
  },

  /** The same by the inverse as a matrix, where the representation holds one, (d). */
  INVERSE_MV(true, true, false) {
    @Override
    Tensor of(PMat m, Inputs in) {
      try (PMat inverse = m.inverse(in.damping(this))) {
        return inverse.mv(in.vector(this)).tensor();
      } catch (RefusedOperationException e) {
        return SOLVE.of(m, in);
      }
    }
  },

  /** All elements, (d, d). */
  DENSE(false, false, false) {
    @Override
    Tensor of(PMat m, Inputs in) {
      return m.toDense();
    }
  };

  private final boolean takesVector;
  private final boolean takesDamping;
  private final boolean isNumber;

  Operation(boolean takesVector, boolean takesDamping, boolean isNumber) {
    this.takesVector = takesVector;
    this.takesDamping = takesDamping;
    this.isNumber = isNumber;
  }

  /** Whether the result is a number. */
  boolean isNumber() {
    return isNumber;
  }

  /** What operations take, besides the matrix. */
  record Inputs(Optional<PVector> vector, Optional<Damping> damping) {
    private PVector vector(Operation operation) {
      return vector.orElseThrow(() -> operation.missing("--vector"));
    }

    private Damping damping(Operation operation) {
      return damping.orElseThrow(() -> operation.missing("--damping"));
    }
  }

  /** The result; a number is a 0-d tensor. */
  abstract Tensor of(PMat m, Inputs in);

  /** Fails unless it is given what it takes, and nothing else. */
  void check(boolean vector, boolean damping) {
    check("--vector", takesVector, vector);
    check("--damping", takesDamping, damping);
  }

  private void check(String option, boolean takes, boolean given) {
    if (takes && !given) {
      throw missing(option);
    }
    if (given && !takes) {
      throw new UsageException("%s: %s takes none".formatted(option, this));
    }
  }

  private UsageException missing(String option) {
    return new UsageException("%s: %s needs one".formatted(option, this));
  }

  private static Tensor number(double value) {
    return Tensors.of(new double[] {value});
  }

  /** The operation called {@code word}. */
  static Operation named(String word) {
    return Arrays.stream(values())
        .filter(o -> o.toString().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("no operation '%s'; there are %s".formatted(word, words())));
  }

  private static String words() {
    return List.of(values()).stream().map(Operation::toString).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
