package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes wrong with exported programs ends in one clear line, and nothing is written. */
class CommandErrorsTest {
  /** Outputs 3, examples 7, parameters 100. */
  private static final String NET = "mlp";

  @TempDir private static Path folder;
  private static Golden golden;

  @BeforeAll
  static void prepare() throws IOException {
    golden = Golden.read(NET);
    try (Scope scope = Scope.open()) {
      Tensor x = golden.input("x");
      Safetensors.write(file("unlabelled"), Map.of("x", x), Map.of());
      Safetensors.write(file("misnamed"), Map.of("inputs", x), Map.of());
      Safetensors.write(
          file("other"), Map.of("x", Tensors.zeros(x, 7, 5), "y", golden.input("y")), Map.of());
      Tensor nan = Tensors.zeros(x, 100);
      nan.fill_(Tensors.scalar(Double.NaN));
      Safetensors.write(
          file("vectors"),
          Map.of("v", golden.input("v"), "short", Tensors.zeros(x, 99), "nan", nan),
          Map.of());
    }
    byte[] program = Files.readAllBytes(golden.programFile());
    Files.write(folder.resolve("half.pt2"), Arrays.copyOf(program, program.length / 2));
    byte[] damaged = program.clone();
    for (int k = program.length / 3; k < program.length / 2; k++) {
      damaged[k] ^= 0x55;
    }
    Files.write(folder.resolve("damaged.pt2"), damaged);
    Command.run(words("fim --model NET --data DATA --representation dense,kfac,diag --out F"))
        .well();
    byte[] matrix = Files.readAllBytes(file("F-kfac"));
    Files.write(file("F-half"), Arrays.copyOf(matrix, matrix.length / 2));
  }

  private static Path file(String name) {
    return folder.resolve(name + ".safetensors");
  }

  /** The words of a command line, with files for the words in capitals. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    for (String word : line.strip().split(" +")) {
      words.add(
          word.equals("NET")
              ? golden.programFile().toString()
              : word.equals("DATA")
                  ? "safetensors:" + golden.dataFile()
                  : word.startsWith("safetensors:")
                      ? "safetensors:" + file(word.split(":", 2)[1])
                      : word.matches("F|F-\\w+|none|vectors|R")
                          ? file(word).toString()
                          : word.matches("vectors:\\w+")
                              ? file("vectors") + ":" + word.split(":", 2)[1]
                              : word.endsWith(".pt2") ? folder.resolve(word).toString() : word);
    }
    return words;
  }

  /** Command line; exit code; what the complaint must name; what it must tell to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fim --model none.pt2 --data DATA --out R         | 1 | none.pt2: no such file       | torch.export.save
          fim --model half.pt2 --data DATA --out R         | 1 | half.pt2                     | export it again
          fim --model damaged.pt2 --data DATA --out R      | 1 | damaged.pt2                  | export it again
          fim --model NET --data safetensors:none --out R  | 1 | none.safetensors             | no such file
          fim --model NET --data safetensors:misnamed --out R | 1 | no array 'x'              | call the inputs x
          fim --model NET --data safetensors:other --out R | 1 | shape [1, 5]                 | the program takes
          fim --model NET --data safetensors:unlabelled --estimator empirical --out R | 1 | needs labels | the data has none
          fim --model NET --data DATA --metric cauchy --out R | 2 | 'cauchy'                  | POISSON
          fim --model NET --data DATA --layers head --out R | 1 | 'head'                      | the layers are fc1, fc2, fc3
          fim --model NET --data DATA --weights R --out R  | 2 | --weights                    | a .pt2 file has its own
          fim --model NET --data DATA --representation dense --memory 10KiB --out R | 1 | --memory | diag (
          hessian --model NET --data DATA --memory 10KiB --out R | 1 | --memory               | budget of 10.0 KiB
          hessian --model NET --data safetensors:unlabelled --out R | 1 | the loss needs targets | the data has no labels
          jacobian --model NET --data DATA --memory 1KiB --out R | 1 | --memory: the Jacobian | some of the layers
          op none trace                                    | 1 | no such file                 | nngeometry fim --out
          op F-half trace                                  | 1 | F-half.safetensors           | nngeometry fim
          op vectors trace                                 | 1 | no matrix of this library    | nngeometry fim
          op F-dense mv --vector none --out R              | 1 | --vector                     | no such file
          op F-dense mv --vector vectors --out R           | 1 | which tensor?; it holds [nan, short, v] | FILE:KEY
          op F-dense mv --vector vectors:w --out R         | 1 | no tensor 'w'; it holds [nan, short, v] | FILE:KEY
          op F-dense mv --vector vectors:short --out R     | 1 | the tensor 'short' has shape [99] | 100 parameters
          op F-dense mv --vector vectors:nan --out R       | 1 | the tensor 'nan'             | NaN
          op F-dense mv --vector vectors:v --out FOLDER    | 1 | this is a directory          | name a file
          op F-dense solve --vector vectors:v --damping 0 --out R | 1 | --damping: layer all   | a greater damping
          op F-dense solve --vector vectors:v --damping -1 --out R | 2 | --damping             | at least zero
          op F-kfac inverse-mv --vector vectors:v --damping 0 --out R | 1 | --damping: layer fc1 | a greater damping
          op solve --model NET --data DATA --vector vectors:v --damping 0 --out R | 1 | --damping | a greater damping
          op F-kfac dense --memory 10KiB --out R           | 1 | --memory: all elements       | mv and diag
          op F-kfac trace --model NET                      | 2 | --model: the matrix of       | only an implicit one
          op F-kfac trace --representation diag            | 2 | --representation: the matrix | only an implicit one
          op trace --model NET --data DATA --vector vectors:v | 2 | --vector                   | trace takes none
          """)
  void oneLine(String line, int exitCode, String what, String remedy) throws IOException {
    Command ran = Command.run(words(line.replace("FOLDER", folder.toString())));
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(exitCode);
    assertThat(ran.complaint()).contains(what).contains(remedy);
    assertThat(file("R")).doesNotExist();
    assertThat(folder.toFile().list()).noneMatch(name -> name.endsWith(".tmp"));
  }

  @Test
  void aFileThatIsInTheWayOfAFormIsFoundBeforeAnythingIsComputed() throws IOException {
    Files.createDirectories(file("D-diag"));
    Command ran =
        Command.run(
            words("fim --model NET --data DATA --representation kfac,diag --out " + file("D")));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("D-diag.safetensors: this is a directory; name a file");
    assertThat(file("D-kfac")).doesNotExist();
  }

  @Test
  void anImplicitFileWhoseNetworkIsGoneSaysSoAndTakesAnother() throws IOException {
    Path moved = folder.resolve("moved.pt2");
    Files.copy(golden.programFile(), moved);
    Command.run(words("fim --model moved.pt2 --data DATA --representation implicit --out F-imp"))
        .well();
    String trace = Command.run(words("op F-imp trace")).well().out();
    Files.delete(moved);
    Command gone = Command.run(words("op F-imp trace"));
    assertThat(gone.exitCode()).isEqualTo(1);
    assertThat(gone.complaint()).contains("--model " + moved + ": no such file");
    assertThat(Command.run(words("op F-imp trace --model NET")).well().out()).isEqualTo(trace);
  }

  @Test
  void inspectShowsTheLayersOfAProgram() {
    for (String name : Golden.names()) {
      Golden net = Golden.read(name);
      String out = Command.run("inspect", "--model=" + net.programFile()).well().out();
      assertThat(out)
          .as(name)
          .contains(
              net.programFile() + ": exported from PyTorch",
              "%d parameters in %d layers"
                  .formatted(net.parameters(), net.json().get("layers").size()))
          .doesNotContain("no rule covers");
    }
  }
}
