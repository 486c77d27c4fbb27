package io.nngeometry.cli;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.models.data.Digits;
import io.nngeometry.models.data.LabelledImages;
import io.nngeometry.models.data.TrainTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
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

  @Mixin private SampleOptions sample;

  @Option(names = "--quick", description = "Fewer epochs and images: done in seconds.")
  private boolean quick;

  @Option(
      names = "--of",
      paramLabel = "MATRIX",
      defaultValue = "fisher",
      description =
          "fisher: of the network's predictions. hessian: of the mean cross entropy. Default:"
              + " ${DEFAULT-VALUE}.")
  private MatrixKind kind;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "small-conv",
      converter = Names.Network.class,
      description = "small-conv or mlp. Default: ${DEFAULT-VALUE}.")
  private NetworkKind model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "Weights in safetensors form, instead of training.")
  private @Nullable Path weights;

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
    return sample.dtype();
  }

  /** Seed of everything random. */
  long seed() {
    return sample.seed();
  }

  /** Parameters of the network. */
  long parameters() {
    model.checkForDigits();
    return LayerCollection.of(model.forDigits()).size();
  }

  /**
   * Trains or loads the network, and does the work; or says how to go on, if the user interrupts.
   *
   * @param own the command's own settings, by option
   * @return the exit code
   */
  int run(TrainingOptions training, OutputOptions output, Map<String, Object> own, Work work)
      throws IOException {
    model.checkForDigits();
    output.startEngine();
    try (Scope scope = Scope.open();
        TrainTest digits = Digits.load().split(seed())) {
      int available = digits.test().size();
      sample.check(new Check(spec.commandLine()), available);
      int examples = sample.examples(quick, available);
      TrainingSettings how = training.settings(quick, seed());
      Path folder = OutputFiles.directory("--out", out == null ? Path.of(spec.name()) : out);
      Map<String, Object> settings = settings(own, examples);
      settings.putAll(Classifier.settings(how, weights));
      Progress progress = output.progress();
      boolean going = resume && Checkpoint.isIn(folder);
      Checkpoint checkpoint =
          going ? Checkpoint.resumed(folder, settings) : Checkpoint.fresh(folder, settings);
      if (resume && !going) {
        progress.say("nothing to resume in " + folder + ": beginning");
      }
      Path given = going ? folder.resolve(WEIGHTS) : weights;
      Classifier classifier =
          given == null
              ? Classifier.trained(model, digits, how, progress)
              : Classifier.loaded(model, digits, given);
      if (!going) {
        checkpoint.drop(); // of a former run, whose weights are about to go
        Weights.save(
            folder.resolve(WEIGHTS),
            model,
            classifier.net(),
            Map.of("test_accuracy", Double.toString(classifier.accuracy())));
      }
      progress.say("right on held-out images: " + Numbers.percent(classifier.accuracy()));
      LabelledImages some = digits.test().take(examples);
      classifier.net().to(dtype().type());
      Tensor images = some.images().to(dtype().type());
      return Interruption.during(
          progress,
          checkpoint::goingOn,
          interruption -> {
            output.print(
                work.in(
                    new Session(
                        classifier,
                        LayerCollection.of(classifier.net()),
                        Examples.of(images, some.labels()).batches(sample.batch()),
                        Tensors.options(dtype().type()),
                        folder,
                        settings,
                        checkpoint.heeding(interruption),
                        progress)));
            checkpoint.drop();
          });
    }
  }

  /** The command line, for the record. */
  String commandLine() {
    return Machine.commandLine(spec);
  }

  private Map<String, Object> settings(Map<String, Object> own, int examples) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("of", kind.toString());
    all.putAll(own);
    all.put("model", model.word());
    all.put("n", examples);
    sample.addTo(all);
    return all;
  }
}
