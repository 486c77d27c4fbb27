package io.nngeometry.benchmarks;

import static io.nngeometry.benchmarks.LowerBound.CATEGORICAL;
import static io.nngeometry.benchmarks.LowerBound.EVERY_OUTPUT;
import static io.nngeometry.benchmarks.LowerBound.FORWARD;
import static io.nngeometry.benchmarks.LowerBound.FORWARD_BACKWARD;
import static io.nngeometry.benchmarks.LowerBound.ONE_SIGNAL;
import static io.nngeometry.benchmarks.LowerBound.PRODUCT;
import static io.nngeometry.benchmarks.LowerBound.PUSH_FORWARD;
import static io.nngeometry.benchmarks.LowerBound.SAMPLED_PRODUCT;
import static io.nngeometry.fisher.Representation.BLOCK_DIAG;
import static io.nngeometry.fisher.Representation.DENSE;
import static io.nngeometry.fisher.Representation.DIAG;
import static io.nngeometry.fisher.Representation.EKFAC;
import static io.nngeometry.fisher.Representation.IMPLICIT;
import static io.nngeometry.fisher.Representation.KFAC;
import static io.nngeometry.fisher.Representation.LOW_RANK;
import static io.nngeometry.fisher.Representation.QUASI_DIAG;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.Representation;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.FMatImplicit;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.FVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Everything that can be measured. A name means the same here and in the Python script. */
final class Operations {
  /** Stands for all of them on a command line. */
  static final String EVERYTHING = "all";

  private static final Damping DAMPING = Damping.tikhonov(1e-2);
  private static final long SMALL = 20_000;
  private static final double GIBIBYTE = 1L << 30;

  private static final List<Operation> ALL =
      List.of(
          Operation.of(Section.UNIT, Passes::forwardAndBackward).bounded(FORWARD_BACKWARD),
          Operation.of("forward", Passes::forward).bounded(FORWARD),
          Operation.of("per-example-gradients", Passes::perExampleGradients).bounded(ONE_SIGNAL),
          exact("diag-exact", DIAG),
          oneLabel("diag-mc1", DIAG),
          oneLabel("quasidiag-mc1", QUASI_DIAG),
          exact("kfac-exact", KFAC),
          oneLabel("kfac-mc1", KFAC),
          exact("ekfac-exact", EKFAC),
          oneLabel("ekfac-mc1", EKFAC),
          solve("kfac-solve", KFAC),
          solve("ekfac-solve", EKFAC),
          exact("blockdiag-exact", BLOCK_DIAG).onlyIf(Operations::isSmall),
          exact("dense-exact", DENSE).onlyIf(Operations::isSmall),
          Operation.of("implicit-mv", s -> s.exact(IMPLICIT).mv(s.v()).close()).bounded(PRODUCT),
          Operation.of("implicit-quadratic", s -> s.exact(IMPLICIT).quadraticForm(s.v()))
              .bounded(PUSH_FORWARD),
          exact("lowrank-exact", LOW_RANK).onlyIf(s -> jacobianBytes(s) <= GIBIBYTE),
          Operation.of("implicit-trace", s -> s.exact(IMPLICIT).trace()).bounded(CATEGORICAL),
          Operation.of("implicit-mv-10", s -> ten(s, s.exact(IMPLICIT))),
          Operation.of("implicit-mv-centred", s -> s.centred().mv(s.v()).close()),
          Operation.of("implicit-mv-centred-10", s -> ten(s, s.centred())),
          Operation.of("hessian-mv", s -> s.hessian().mv(s.v()).close()),
          Operation.of("hessian-mv-10", s -> ten(s, s.hessian())),
          Operation.of("implicit-mv-mc1", s -> s.oneLabel(IMPLICIT).mv(s.v()).close())
              .bounded(SAMPLED_PRODUCT),
          Operation.of("gram", s -> gram(s, Outputs.all()))
              .bounded(EVERY_OUTPUT)
              .onlyIf(Operations::isSmallKernel),
          Operation.of("gram-one", s -> gram(s, Outputs.one(0))).bounded(ONE_SIGNAL),
          Operation.of("gram-one-rows-by-hand", s -> GramByHand.rows(s).close())
              .bounded(ONE_SIGNAL)
              .onlyIf(Operations::isSmall),
          Operation.of("gram-one-factors-by-hand", s -> GramByHand.factors(s).close())
              .bounded(ONE_SIGNAL)
              .onlyIf(Operations::isSmall),
          Operation.of("gram-mv", Operations::kernelProduct).bounded(PRODUCT),
          Operation.of("jacobian", Operations::jacobian)
              .bounded(EVERY_OUTPUT)
              .onlyIf(s -> jacobianBytes(s) <= GIBIBYTE));

  private static final Map<String, Operation> BY_NAME = byName(ALL);

  private Operations() {}

  /** All operations by name. */
  static Map<String, Operation> byName() {
    return BY_NAME;
  }

  /**
   * The operations that a command line names.
   *
   * @throws ParameterException if there is none of a name
   */
  static List<Operation> of(CommandSpec spec, List<String> names) {
    if (names.equals(List.of(EVERYTHING))) {
      return ALL;
    }
    List<Operation> chosen = new ArrayList<>();
    for (String name : names) {
      Operation operation = BY_NAME.get(name);
      if (operation == null) {
        throw new ParameterException(
            spec.commandLine(),
            "no operation '%s'; there are %s".formatted(name, String.join(", ", BY_NAME.keySet())));
      }
      chosen.add(operation);
    }
    return chosen;
  }

  private static Map<String, Operation> byName(List<Operation> operations) {
    Map<String, Operation> byName = new LinkedHashMap<>();
    operations.forEach(o -> byName.put(o.name(), o));
    return Collections.unmodifiableMap(byName);
  }

  /** Ten vectors at once. */
  private static void ten(Setting setting, PMat matrix) {
    try (Scope scope = Scope.open()) {
      Tensor v = setting.v().tensor();
      matrix.apply(Tensors.randn(3, Tensors.options(v), 10, v.size(0)));
    }
  }

  /** To make a Fisher matrix by the exact estimator. */
  private static Operation exact(String name, Representation representation) {
    return Operation.of(name, setting -> setting.exact(representation).close())
        .bounded(CATEGORICAL);
  }

  /** To make a Fisher matrix by one label for each example. */
  private static Operation oneLabel(String name, Representation representation) {
    return Operation.of(name, setting -> setting.oneLabel(representation).close())
        .bounded(ONE_SIGNAL);
  }

  /** A solve with a matrix that is there already and has been solved with before. */
  private static Operation solve(String name, Representation representation) {
    return Operation.prepared(
        name,
        setting -> {
          PMat matrix = setting.oneLabel(representation);
          return () -> matrix.solve(setting.v(), DAMPING).close();
        });
  }

  private static void jacobian(Setting setting) {
    try (Scope scope = Scope.open()) {
      Jacobian.of(setting.model(), setting.layers(), setting.data()).dense().close();
    }
  }

  private static void gram(Setting setting, Outputs outputs) {
    kernel(setting).outputs(outputs).dense().close();
  }

  private static void kernelProduct(Setting setting) {
    try (Scope scope = Scope.open();
        FMatImplicit kernel = kernel(setting).implicit()) {
      kernel.mv(
          FVector.random(
              kernel.outputs(), kernel.examples(), 3, Tensors.options(setting.v().tensor())));
    }
  }

  private static TangentKernel kernel(Setting setting) {
    return TangentKernel.of(setting.model()).on(setting.data()).layers(setting.layers());
  }

  private static boolean isSmallKernel(Setting setting) {
    double side = setting.workload().classes() * setting.data().size();
    return side * side * 4 <= GIBIBYTE;
  }

  private static boolean isSmall(Setting setting) {
    return setting.layers().size() <= SMALL;
  }

  private static double jacobianBytes(Setting setting) {
    return 4.0 * setting.workload().classes() * setting.data().size() * setting.layers().size();
  }
}
