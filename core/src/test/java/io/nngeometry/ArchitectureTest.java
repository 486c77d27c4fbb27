package io.nngeometry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Data flows one way: whoever reads a package needs only the packages below it. */
@AnalyzeClasses(packages = "io.nngeometry", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule ARROWS_GO_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("io.nngeometry..")
          .layer("engine")
          .definedBy("io.nngeometry.engine..")
          .layer("data")
          .definedBy("io.nngeometry.data..")
          .layer("layers")
          .definedBy("io.nngeometry.layers..")
          .layer("nn")
          .definedBy("io.nngeometry.nn..")
          .layer("train")
          .definedBy("io.nngeometry.train..")
          .layer("vectors")
          .definedBy("io.nngeometry.vectors..")
          .layer("linalg")
          .definedBy("io.nngeometry.linalg..")
          .layer("operators")
          .definedBy("io.nngeometry.operators..")
          .layer("fisher")
          .definedBy("io.nngeometry.fisher..")
          .layer("kernel")
          .definedBy("io.nngeometry.kernel..")
          .layer("audit")
          .definedBy("io.nngeometry.audit..")
          .whereLayer("audit")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("kernel")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("fisher")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("train")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("operators")
          .mayOnlyBeAccessedByLayers("fisher", "kernel", "audit")
          .whereLayer("linalg")
          .mayOnlyBeAccessedByLayers("operators", "fisher", "kernel", "audit")
          .whereLayer("vectors")
          .mayOnlyBeAccessedByLayers("operators", "fisher", "kernel", "audit")
          .whereLayer("nn")
          .mayOnlyBeAccessedByLayers("train")
          .whereLayer("layers")
          .mayOnlyBeAccessedByLayers("nn", "train", "vectors", "operators", "fisher", "audit")
          .whereLayer("data")
          .mayOnlyBeAccessedByLayers("train", "fisher")
          .withOptionalLayers(true);

  @ArchTest
  static final ArchRule BLOCKS_KNOW_NO_NETWORK =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Block")
          .should()
          .dependOnClassesThat()
          .haveSimpleNameStartingWith("Layer");

  @ArchTest
  static final ArchRule ONLY_THE_ENGINE_SPEAKS_TO_THE_SYSTEM =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.nngeometry.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.sun.jna..", "org.bytedeco.openblas..");
}
