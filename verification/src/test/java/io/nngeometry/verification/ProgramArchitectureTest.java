package io.nngeometry.verification;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Programs read archives and become layers; nothing below them knows of programs. */
@AnalyzeClasses(packages = "io.nngeometry", importOptions = ImportOption.DoNotIncludeTests.class)
class ProgramArchitectureTest {
  @ArchTest
  static final ArchRule FILES_KNOW_NO_PROGRAMS =
      noClasses()
          .that()
          .resideInAnyPackage("io.nngeometry.io", "io.nngeometry.models..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.nngeometry.io.program..");

  @ArchTest
  static final ArchRule PROGRAMS_NEED_LAYERS_AND_THE_ENGINE_ALONE =
      noClasses()
          .that()
          .resideInAPackage("io.nngeometry.io.program..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.nngeometry.nn..",
              "io.nngeometry.train..",
              "io.nngeometry.vectors..",
              "io.nngeometry.operators..",
              "io.nngeometry.fisher..",
              "io.nngeometry.audit..");
}
