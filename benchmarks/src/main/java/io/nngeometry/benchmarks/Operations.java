package io.nngeometry.benchmarks;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Everything that can be measured. A name means the same here and in the Python script. */
final class Operations {
  private static final Damping DAMPING = Damping.tikhonov(1e-2);
  private static final long SMALL = 20_000;
  private static final double GIBIBYTE = 1L << 30;

  private static final List<Operation> ALL =
      List.of(
          Operation.of("forward", Passes::forward),
          Operation.of("per-example-gradients", Passes::perExampleGradients),
          stored("diag-exact", s -> s.exact(DIAG)),
          stored("diag-mc1", s -> s.oneLabel(DIAG)),
          stored("quasidiag-mc1", s -> s.oneLabel(QUASI_DIAG)),
          stored("kfac-exact", s -> s.exact(KFAC)),
          stored("kfac-mc1", s -> s.oneLabel(KFAC)),
          stored("ekfac-exact", s -> s.exact(EKFAC)),
          stored("ekfac-mc1", s -> s.oneLabel(EKFAC)),
          solve("kfac-solve", KFAC),
          solve("ekfac-solve", EKFAC),
          stored("blockdiag-exact", s -> s.exact(BLOCK_DIAG)).onlyIf(Operations::isSmall),
          stored("dense-exact", s -> s.exact(DENSE)).onlyIf(Operations::isSmall),
          implicit("implicit-mv", s -> s.exact(IMPLICIT).mv(s.v()).close()),
          implicit("implicit-quadratic", s -> s.exact(IMPLICIT).quadraticForm(s.v())),
          Operation.of("lowrank-exact", s -> s.exact(LOW_RANK).close())
              .onlyIf(s -> jacobianBytes(s) <= GIBIBYTE),
          implicit("implicit-trace", s -> s.exact(IMPLICIT).trace()),
          Operation.of("implicit-mv-10", s -> ten(s, s.exact(IMPLICIT))),
          implicit("implicit-mv-centred", s -> s.centred().mv(s.v()).close()),
          Operation.of("implicit-mv-centred-10", s -> ten(s, s.centred())),
          implicit("hessian-mv", s -> s.hessian().mv(s.v()).close()),
          Operation.of("hessian-mv-10", s -> ten(s, s.hessian())),
          implicit("implicit-mv-mc1", s -> s.oneLabel(IMPLICIT).mv(s.v()).close()),
          Operation.of("gram", s -> gram(s, Outputs.all())).onlyIf(Operations::isSmallKernel),
          Operation.of("gram-one", s -> gram(s, Outputs.one(0))),
          Operation.of("gram-one-rows-by-hand", s -> GramByHand.rows(s).close())
              .onlyIf(Operations::isSmall),
          Operation.of("gram-one-factors-by-hand", s -> GramByHand.factors(s).close())
              .onlyIf(Operations::isSmall),
          implicit("gram-mv", Operations::kernelProduct),
          Operation.of("jacobian", Operations::jacobian).onlyIf(s -> jacobianBytes(s) <= GIBIBYTE));

  private Operations() {}

  /** All operations by name. */
  static Map<String, Operation> byName() {
    Map<String, Operation> byName = new LinkedHashMap<>();
    ALL.forEach(o -> byName.put(o.name(), o));
    return byName;
  }

  /** Ten vectors at once. */
  private static void ten(Setting setting, PMat matrix) {
    try (Scope scope = Scope.open()) {
      Tensor v = setting.v().tensor();
      matrix.apply(Tensors.randn(3, Tensors.options(v), 10, v.size(0)));
    }
  }

  private static Operation stored(String name, Function<Setting, PMat> make) {
    return Operation.of(name, setting -> make.apply(setting).close());
  }

  private static Operation implicit(String name, Consumer<Setting> body) {
    return Operation.of(name, body);
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
