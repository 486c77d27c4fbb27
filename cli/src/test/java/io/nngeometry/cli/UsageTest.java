package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class UsageTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "compare",
        "spectrum",
        "solve",
        "train",
        "inspect",
        "fim",
        "op",
        "jacobian",
        "hessian",
        "ntk",
        "ntk-evolution"
      })
  void helpListsEveryOptionAndHasExamples(String command) {
    CommandSpec spec = Main.commandLine().getCommandSpec();
    if (!command.isEmpty()) {
      spec = spec.subcommands().get(command).getCommandSpec();
    }
    Ran help = Ran.of(words(command + " --help")).well();
    assertThat(help.err()).isEmpty();
    assertThat(spec.options()).isNotEmpty();
    for (OptionSpec option : spec.options()) {
      assertThat(help.out()).contains(option.longestName());
      assertThat(option.description()).as(option.longestName()).isNotEmpty();
    }
    assertThat(help.out()).contains("Usage: nngeometry", "Examples:", "  nngeometry " + command);
  }

  @Test
  void helpNamesTheCommandsAndTheExitCodes() {
    assertThat(Ran.of("--help").out())
        .contains("compare", "train", "inspect", "Exit codes: 0 done, 1 failed, 2 wrong usage.");
  }

  @Test
  void helpStatesTheDefaults() {
    assertThat(Ran.of("compare", "--help").out().replaceAll("\\s+", " "))
        .contains("Default: small-conv", "Default: exact", "Default: text", "float64 in compare")
        .doesNotContain("${");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "compare --help",
        "spectrum --help",
        "solve --help",
        "train --help",
        "inspect --help",
        "fim --help",
        "op --help",
        "jacobian --help",
        "hessian --help",
        "ntk --help",
        "ntk-evolution --help"
      })
  void theExamplesAreRight(String help) {
    List<String> examples =
        Ran.of(words(help))
            .out()
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("nngeometry "))
            .map(line -> line.split(" {2,}", 2)[0])
            .toList();
    assertThat(examples).hasSizeGreaterThan(2);
    for (String example : examples) {
      String[] args = words(example);
      // parsed, not run: an unknown option or value would throw
      Main.commandLine().parseArgs(Arrays.copyOfRange(args, 1, args.length));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "compare --version", "train -V", "inspect -V"})
  void version(String line) {
    Ran ran = Ran.of(words(line)).well();
    assertThat(ran.out().strip()).isEqualTo("nngeometry " + Main.version());
  }

  /** Command line; what the complaint must name; what it must tell to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                | no command given           | compare, spectrum, solve, train, inspect
          xyzzy                             | 'xyzzy'                    | 'nngeometry --help'
          compar                            | 'compar'                   | did you mean 'compare'?
          compare --frob                    | '--frob'                   | 'nngeometry compare --help'
          compare --quikc                   | '--quikc'                  | did you mean '--quick'?
          train extra                       | 'extra'                    | 'nngeometry train --help'
          inspect --width                   | '--width'                  | required
          compare --n many                  | '--n': 'many'              | not an int
          compare --n 0                     | --n                        | at least 1, got 0
          compare --n 451                   | --n                        | from 1 to 450, got 451
          compare --draws 0                 | --draws                    | at least 1
          compare --vectors 0               | --vectors                  | at least 1
          compare --trials 0                | --trials                   | at least 1
          compare --batch 0                 | --batch                    | at least 1
          compare --seed x                  | '--seed'                   | not a long
          compare --damping 1e-3,abc        | '--damping' (LAMBDA): 'abc' | not a double
          compare --damping 1e-3,0          | --damping                  | above zero, got 0.0
          compare --damping NaN             | --damping                  | above zero, got NaN
          compare --damping Infinity        | --damping                  | above zero, got Infinity
          compare --representations kfac,no | 'no'                       | dense, block-diag, kfac
          compare --representations implicit | 'implicit'                | dense, block-diag, kfac
          compare --estimator no            | '--estimator'              | MC
          compare --residual no             | '--residual'               | SCRIPT
          compare --dtype float16           | 'float16'                  | float32 and float64
          compare --data cifar              | '--data'                   | digits, fashion-mnist
          compare --model alexnet           | 'alexnet'                  | small-conv, lenet
          compare --model transformer       | transformer takes sequences of tokens | residual networks take images
          compare --threads 0               | --threads                  | at least 1
          train --model lenet               | lenet                      | at least 12 x 12 pixels
          compare --model lenet             | lenet                      | at least 12 x 12 pixels
          compare --metric cauchy           | '--metric'                 | POISSON
          compare --memory some             | --memory                   | 4GiB
          compare --epochs -1               | --epochs                   | at least 0
          train --split test                | --split                    | both parts are used
          train --batch 7                   | --batch                    | --train-batch
          train --crop -1                   | --crop                     | at least 0
          train --schedule no               | '--schedule'               | STEPS
          train --decay-at 0.5,1            | --decay-at                 | from 0 to below 1
          train --resume                    | --resume                   | needs --checkpoints DIR
          train --lr 0                      | --lr                       | above zero
          train --lr NaN                    | --lr                       | above zero
          train --epochs -1                 | --epochs                   | at least 0
          train --epochs 99999999999        | '--epochs': '99999999999'  | not an int
          train --momentum 1                | --momentum                 | from 0 to below 1
          train --weight-decay -1           | --weight-decay             | at least zero
          train --train-batch 0             | --train-batch              | at least 1
          train --optimiser lbfgs           | '--optimiser'              | ADAM
          spectrum --top 0                  | --top                      | at least 1
          spectrum --top 2411 --model mlp   | --top                      | from 1 to 2410, got 2411
          spectrum --probes 0               | --probes                   | at least 1
          spectrum --steps 0                | --steps                    | at least 1
          spectrum --damping 0              | --damping                  | above zero
          spectrum --n 451                  | --n                        | from 1 to 450, got 451
          spectrum --of jacobian            | '--of'                     | HESSIAN
          spectrum --representation no      | 'no'                       | dense, block-diag, kfac
          spectrum --of hessian --representation kfac | no kfac form     | implicit, dense
          spectrum --model lenet            | lenet                      | at least 12 x 12 pixels
          solve --damping 0                 | --damping                  | above zero
          solve --tolerance 0               | --tolerance                | above zero
          solve --max-products 0            | --max-products             | at least 1
          solve --preconditioner nystrom --rank 4000 | --rank            | from 1 to 2458, got 4000
          solve --rank 0                    | --rank                     | at least 1
          solve --preconditioner lu         | '--preconditioner'         | NYSTROM
          solve --vector random:x           | 'random:x'                 | random:7
          fim --metric cauchy               | '--metric'                 | POISSON
          fim --estimator some              | '--estimator'              | EMPIRICAL
          fim --estimator mc --trials 0     | --trials                   | at least 1
          fim --representation kfac,no      | 'no'                       | dense, block-diag, kfac
          fim --representation diag --refresh x | --refresh              | give one of them
          fim --model alexnet               | 'alexnet'                  | small-conv, lenet, mlp
          fim --memory some                 | --memory                   | 4GiB
          fim --batch 0                     | --batch                    | at least 1
          fim --data some                   | 'some'                     | safetensors:FILE
          fim --dtype float16               | 'float16'                  | float32 and float64
          hessian --representation kfac     | no kfac form               | implicit, dense
          hessian --estimator mc            | '--estimator'              | 'nngeometry hessian --help'
          jacobian --memory 0               | --memory                   | 4GiB
          op                                | 'OPERATION'                | 'nngeometry op --help'
          op trace                          | no matrix is named         | --model and --data
          op determinant --model mlp        | no operation 'determinant' | trace, norm, diag, mv
          op solve --model mlp --damping 1  | --vector                   | solve needs one
          op solve --model mlp --vector v   | --damping                  | solve needs one
          op trace --model mlp --vector v   | --vector                   | trace takes none
          op mv --model mlp --vector v --damping 1 | --damping           | mv takes none
          op solve --model mlp --vector v --damping -1 | --damping       | at least zero
          op solve --model mlp --vector v --damping 2 --damping-kind truncated | --damping | [0, 1)
          op solve --model mlp --vector v --damping 2 --damping-kind none | '--damping-kind' | FACTORED
          op trace --model mlp --of hessian --representation kfac | no kfac form | implicit, dense
          inspect --width 0                 | --width                    | at least 1
          inspect --classes 0               | --classes                  | at least 1
          inspect --gradients -4            | --gradients                | at least 1
          inspect --model resnet50 --width 8 | resnet50 has a fixed width | mlp, resnet20
          inspect --classes 3               | small-conv has 10 classes  | mlp takes any
          """)
  void wrongUsage(String line, String what, String remedy, @TempDir Path folder)
      throws IOException {
    Path out = folder.resolve("out");
    String[] args =
        words(
            line
                + (line.matches("(compare|train|spectrum|solve|fim|hessian|jacobian|op) --.*")
                    ? " --out=" + out
                    : ""));
    Ran ran = Ran.of(args);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(2);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.complaint()).contains(what).contains(remedy);
    assertThat(ran.out()).isEmpty();
    assertThat(Files.exists(out)).as("something was written").isFalse();
  }

  /** Command line, where FILE is a file of no use; what the complaint must tell to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          compare --out FILE                  | --out FILE: this is a file; name a directory
          compare --out FILE/x                | --out FILE/x: the directory cannot be made
          compare --weights none --out DIR    | --weights none: no such file; 'nngeometry train --out none' makes one
          compare --weights DIR --out DIR     | --weights DIR: not a readable file
          compare --weights FILE --out DIR    | 'nngeometry train --out file' makes another
          spectrum --weights none --out DIR   | --weights none: no such file
          solve --out FILE                    | --out FILE: this is a file; name a directory
          fim --out DIR                       | --out DIR: this is a directory; name a file
          fim --refresh none --out DIR/F      | --refresh none: no such file; 'nngeometry fim --representation ekfac --out none' makes one
          fim --refresh FILE --out DIR/F      | FILE: it is not a safetensors file
          jacobian --out DIR                  | --out DIR: this is a directory; name a file
          hessian --out FILE/x                | --out FILE: this is a file; name a directory
          op DIR trace                        | DIR: not a readable file; 'nngeometry fim --out
          op none trace                       | none: no such file; 'nngeometry fim --out none' makes one
          op FILE trace                       | FILE: it is not a safetensors file
          train --out DIR                     | --out DIR: this is a directory; name a file
          train --out FILE/x.safetensors      | --out FILE: this is a file; name a directory
          """)
  void unusableFiles(String line, String complaint, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no weights");
    Ran ran = Ran.of(words(placed(line, folder, file)));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.complaint()).contains(placed(complaint, folder, file));
    assertThat(file).hasContent("no weights");
    assertThat(folder.toFile().list()).containsExactly("file");
  }

  private static String placed(String text, Path folder, Path file) {
    return text.replace("FILE", file.toString()).replace("DIR", folder.toString());
  }

  private static String[] words(String line) {
    return line.isBlank() ? new String[0] : line.strip().split(" +");
  }
}
