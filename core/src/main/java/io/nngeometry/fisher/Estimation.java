package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Accumulators.Types;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Fills all the accumulators that some representations need in one reading of the examples, or two
 * where one needs eigenvectors first. Representations that need the same sum share it.
 */
final class Estimation {
  private final Pass pass;
  private final Metric metric;
  private final Estimator estimator;
  private final MemoryBudget budget;
  private final Types types;

  /** Which sum: of one layer, or of all if the layer is null. */
  private record Key(@Nullable Layer layer, BlockKind kind) {}

  Estimation(
      Pass pass,
      Metric metric,
      Estimator estimator,
      @Nullable ScalarType accumulateIn,
      MemoryBudget budget) {
    this.pass = pass;
    this.metric = metric;
    this.estimator = estimator;
    this.budget = budget;
    this.types =
        Accumulators.types(pass.like(), accumulateIn == null ? pass.dtype() : accumulateIn);
  }

  List<PMat> compute(List<Representation> representations) {
    int bytes = types.sum() == ScalarType.Double ? 8 : 4;
    representations.forEach(r -> budget.check(r, pass.layers(), bytes));
    Map<Key, BlockAccumulator> first = new LinkedHashMap<>();
    Map<Key, BlockAccumulator> second = new LinkedHashMap<>();
    try {
      for (Representation r : representations) {
        for (Key key : keys(r)) {
          first.computeIfAbsent(firstStage(key), this::accumulator);
        }
      }
      long n = first.isEmpty() ? pass.data().size() : accumulate(first.values());
      for (Representation r : representations) {
        for (Key key : keys(r)) {
          if (key.layer() != null && !second.containsKey(key)) {
            BlockAccumulator start = first.get(firstStage(key));
            key.kind()
                .secondPass(key.layer(), java.util.Objects.requireNonNull(start), n, types)
                .ifPresent(a -> second.put(key, a));
          }
        }
      }
      if (!second.isEmpty()) {
        accumulate(second.values());
      }
      List<PMat> result = new ArrayList<>();
      for (Representation r : representations) {
        result.add(finish(r, first, second, n));
      }
      return List.copyOf(result);
    } finally {
      first.values().forEach(BlockAccumulator::close);
      second.values().forEach(BlockAccumulator::close);
    }
  }

  private List<Key> keys(Representation representation) {
    if (representation instanceof Representation.Layerwise layerwise) {
      return pass.layers().layers().stream()
          .map(layer -> new Key(layer, layerwise.choose().apply(layer)))
          .toList();
    }
    return representation instanceof Representation.Dense
        ? List.of(new Key(null, BlockKind.DENSE))
        : List.of();
  }

  /**
   * Kinds that begin with the same sum share it: EKFAC begins as KFAC, and both as dense at times.
   */
  private static Key firstStage(Key key) {
    Layer layer = key.layer();
    boolean kronecker = key.kind() == BlockKind.KFAC || key.kind() == BlockKind.EKFAC;
    if (layer == null || !kronecker) {
      return key;
    }
    return new Key(layer, layer.matrix().isPresent() ? BlockKind.KFAC : BlockKind.DENSE);
  }

  private BlockAccumulator accumulator(Key key) {
    return key.layer() == null
        ? new Accumulators.Dense(pass.layers().layers(), types)
        : key.kind().accumulator(key.layer(), types);
  }

  /** One reading of the examples; returns how many there were. */
  private long accumulate(Collection<BlockAccumulator> accumulators) {
    AtomicLong seen = new AtomicLong();
    pass.forEachRecorded(
        recorded -> {
          Cotangents cotangents =
              estimator.cotangents(metric, recorded.outputs(), recorded.batch());
          int count = cotangents.count();
          for (BlockAccumulator a : accumulators) {
            try (Scope scope = Scope.open()) {
              a.inputs(recorded.inputs());
            }
          }
          for (int k = 0; k < count; k++) {
            try (Scope scope = Scope.open()) {
              Map<String, LayerGradients> gradients =
                  recorded.gradients(cotangents.get(k), k == count - 1);
              for (BlockAccumulator a : accumulators) {
                a.gradients(gradients, recorded.size());
              }
            }
          }
          seen.addAndGet(recorded.size());
        });
    return seen.get();
  }

  private PMat finish(
      Representation representation,
      Map<Key, BlockAccumulator> first,
      Map<Key, BlockAccumulator> second,
      long n) {
    List<Key> keys = keys(representation);
    if (keys.isEmpty()) {
      return new ImplicitPMat(pass.quiet(), metric, estimator, budget);
    }
    List<Part> parts = new ArrayList<>();
    for (Key key : keys) {
      BlockAccumulator a =
          Optional.ofNullable(second.get(key))
              .orElseGet(() -> java.util.Objects.requireNonNull(first.get(firstStage(key))));
      Block block = a.finish(n);
      Layer layer = key.layer();
      parts.add(
          layer == null ? new Part("all", 0, block) : new Part(layer.id(), layer.offset(), block));
    }
    return new LayerwisePMat(pass.layers(), representation.name(), parts);
  }
}
