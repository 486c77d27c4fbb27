package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which matrix of which network a command is about, and where its results go. */
final class MatrixOptions {
  private static final String WEIGHTS = "weights.safetensors";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private SubjectOptions subject;
  @Mixin private FisherOptions fisher;

  @Option(names = "--quick", description = "Fewer epochs and images: done in seconds.")
  private boolean quick;

  @Option(
      names = "--of",
      paramLabel = "MATRIX",
      defaultValue = "fisher",
      description =
          "fisher: of the network's predictions. hessian: of the mean loss, the negative"
              + " log-likelihood of --metric. Default: ${DEFAULT-VALUE}.")
  private MatrixKind kind;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Directory of the results. Default: the command's name.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      description =
          "Go on with the run that was interrupted in --out; the options must be the same. Where"
              + " there is none, begin.")
  private boolean resume;

  /** What a command does once its network is there. */
  interface Work {
    /** Fails on values that make no sense for so many parameters, before anything is done. */
    void check(long parameters);

    /** Does it, writes its files, and returns what is to be printed. */
    String in(Session session) throws IOException;
  }

  /** Whether little is asked for. */
  boolean quick() {
    return quick;
  }

  /** Which matrix. */
  MatrixKind kind() {
    return kind;
  }

  /** Type of products. */
  FloatType dtype() {
    return subject.dtype();
  }

  /** Seed of everything random. */
  long seed() {
    return subject.seed();
  }

  /**
   * Trains or loads the network, and does the work; or says how to go on, if the user interrupts.
   *
   * @param own the command's own settings, by option
   * @return the exit code
   */
  int run(OutputOptions output, Map<String, Object> own, Work work) throws IOException {
    MatrixSource source = subject.source(fisher, kind);
    source.check();
    output.startEngine();
    Path folder = out == null ? Path.of(spec.name()) : out;
    Path kept = folder.resolve(WEIGHTS);
    try (Scope scope = Scope.open();
        Checkpoint.Left left = Checkpoint.in(folder, resume);
        Subject found = subject(left, kept)) {
      work.check(found.network().layers().size());
      OutputFiles.directory("--out", folder);
      MatrixSource.Opened opened = new MatrixSource.Opened(source, found.loaded());
      Map<String, Object> settings = settings(own, found);
      Progress progress = output.progress();
      Checkpoint checkpoint = left.with(settings, progress);
      Subject ready = found.ready(progress);
      if (!left.isThere()) {
        checkpoint.drop(); // of a former run, whose weights are about to go
        ready.save(kept);
      }
      return Interruption.during(
          progress,
          checkpoint::goingOn,
          interruption -> {
            output.print(
                work.in(
                    new Session(
                        ready,
                        opened,
                        folder,
                        settings,
                        checkpoint.heeding(interruption),
                        progress)));
            checkpoint.drop();
          });
    }
  }

  private Subject subject(Checkpoint.Left left, Path weights) throws IOException {
    return left.isThere()
        ? subject.reopen(fisher.metric(), quick, weights)
        : subject.open(fisher.metric(), quick);
  }

  /** The command line, for the record. */
  String commandLine() {
    return Machine.commandLine(spec);
  }

  private Map<String, Object> settings(Map<String, Object> own, Subject found) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("of", kind.toString());
    fisher.addTo(all);
    all.putAll(own);
    all.putAll(subject.settings(found, quick));
    return all;
  }
}
