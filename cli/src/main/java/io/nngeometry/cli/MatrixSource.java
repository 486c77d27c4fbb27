package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.data.Examples;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.Representation;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * A matrix as options describe it: of which network, on which data.
 *
 * @param kind which matrix
 */
record MatrixSource(
    ModelOptions model,
    DataOptions data,
    FisherOptions fisher,
    LimitOptions limits,
    MatrixKind kind) {

  /** Fails on values that make no sense, before anything is read. */
  void check() {
    fisher.estimator(data.seed());
    limits.memory();
  }

  /** Loads network and data. */
  Opened open() throws IOException {
    return new Opened(this, NetworkAndData.of(model, data));
  }

  /**
   * Network and data, while they are there.
   *
   * @param source what they were loaded for
   */
  record Opened(MatrixSource source, NetworkAndData loaded) implements AutoCloseable {

    /** The network(). */
    Network network() {
      return loaded.network();
    }

    /** The matrix in some representations, from one pass where it can be. */
    List<PMat> as(List<Representation> representations, Progress progress) {
      if (representations.equals(List.of(Representation.IMPLICIT))) {
        return as(representations, done -> {});
      }
      String names =
          representations.stream().map(Representation::name).collect(Collectors.joining(", "));
      long steps =
          source.kind == MatrixKind.FISHER ? loaded.dataset().size() : network().layers().size();
      try (Progress.Task task = progress.start("building " + names, steps)) {
        return as(representations, task::at);
      }
    }

    private List<PMat> as(List<Representation> representations, LongConsumer done) {
      try {
        return source.kind == MatrixKind.FISHER
            ? fisher()
                .estimator(source.fisher.estimator(source.data.seed()))
                .progress((now, all) -> done.accept(now))
                .as(representations.toArray(Representation[]::new))
            : hessians(representations, done);
      } catch (MemoryBudgetException e) {
        throw new UserException("--memory: " + e.getMessage(), e);
      }
    }

    /** The Fisher matrices of the network on the data, of the exact estimator. */
    Fisher fisher() {
      return Fisher.of(network().model(), source.fisher.metric().metric(network().classAxis()))
          .layers(network().layers())
          .on(examples())
          .memoryBudget(source.limits.memory());
    }

    /** The loss whose Hessian the other matrix is: the metric's negative log-likelihood. */
    ExampleLoss loss() {
      return source.fisher.metric().loss(network().classAxis());
    }

    /** Another matrix of the same network on the same data. */
    Opened of(MatrixKind other) {
      return new Opened(
          new MatrixSource(source.model, source.data, source.fisher, source.limits, other), loaded);
    }

    private List<PMat> hessians(List<Representation> representations, LongConsumer done) {
      Hessian hessian =
          Hessian.of(network().model(), loss())
              .layers(network().layers())
              .on(examples())
              .memoryBudget(source.limits.memory())
              .progress((now, all) -> done.accept(now));
      return representations.stream().map(hessian::as).toList();
    }

    /** The data in minibatches. */
    Examples examples() {
      return loaded.dataset().examples().batches(source.data.batch());
    }

    /** Every setting as it holds, by its option's name. */
    Map<String, Object> settings() {
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put("model", network().name());
      settings.put("of", source.kind.toString());
      source.fisher.addTo(settings);
      source.data.addTo(settings, loaded.dataset());
      settings.put("dtype", network().dtype().toString());
      return settings;
    }

    @Override
    public void close() {
      loaded.close();
    }
  }
}
