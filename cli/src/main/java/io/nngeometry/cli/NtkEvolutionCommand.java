package io.nngeometry.cli;

import io.nngeometry.cli.NetworkKind.Shape;
import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.ntk.Classes;
import io.nngeometry.cli.ntk.Evolution;
import io.nngeometry.cli.ntk.EvolutionFigures;
import io.nngeometry.cli.ntk.EvolutionText;
import io.nngeometry.cli.ntk.Snapshots;
import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.cli.training.Keeper;
import io.nngeometry.cli.training.Milestones;
import io.nngeometry.cli.training.Training;
import io.nngeometry.cli.training.TrainingData;
import io.nngeometry.cli.training.TrainingSettings;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the tangent kernel of two classes changes while a network learns. */
@Command(
    name = "ntk-evolution",
    description =
        "Follows the tangent kernel of two classes through a training: at every state, the Gram"
            + " matrix of f(c2) - f(c1) on held-out examples of both, its first two principal"
            + " components, its alignment with the classes and its distance from the initial one."
            + " Trains a network itself, or takes the states that 'nngeometry train --checkpoints'"
            + " kept. Writes gram.png (a column for each of some states), alignment.png, both as"
            + " SVG too, evolution.json and .csv, and components.csv.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry ntk-evolution",
      "  nngeometry ntk-evolution --pair 4,9 --model mlp --width 256",
      "  nngeometry ntk-evolution --data fashion-mnist --pair 0,6 --epochs 5",
      "  nngeometry ntk-evolution --checkpoints states --out evolution"
    })
final class NtkEvolutionCommand implements Callable<Integer> {
  private static final String STATES = "checkpoints";
  private static final List<Double> THRESHOLDS = List.of(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9);
  private static final int EVALUATE_ON = 2_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--pair",
      paramLabel = "C1,C2",
      split = ",",
      defaultValue = "3,8",
      description = "The two classes, counted from 0. Default: ${DEFAULT-VALUE}.")
  private List<Integer> pair;

  @Option(
      names = "--per-class",
      paramLabel = "M",
      defaultValue = "100",
      description = "Held-out examples of either class, at the most. Default: ${DEFAULT-VALUE}.")
  private int perClass;

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description = "States of a training that 'nngeometry train' kept, instead of training.")
  private @Nullable Path states;

  @Option(
      names = "--columns",
      paramLabel = "K",
      defaultValue = "5",
      description = "States that the figure shows, at the most. Default: ${DEFAULT-VALUE}.")
  private int columns;

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      defaultValue = "5",
      description =
          "Steps after which the accuracy is measured, to keep the first states that are 20%%, 30%%,"
              + " … right, besides those after each epoch. Default: ${DEFAULT-VALUE}.")
  private int evaluateEvery;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      converter = Names.Network.class,
      description =
          "Network to train: small-conv, mlp, resnet20, … Default: small-conv for the digits, else"
              + " mlp.")
  private @Nullable NetworkKind model;

  @Option(
      names = "--width",
      paramLabel = "W",
      description = "Channels of the first stage, or hidden units. Default: the network's own.")
  private @Nullable Integer width;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "ntk-evolution",
      description = "Directory of the results. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Mixin private DataOptions data;
  @Mixin private TrainingOptions training;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    Check check = new Check(spec.commandLine());
    check.atLeast("--per-class", perClass, 2);
    check.atLeast("--columns", columns, 1);
    check.atLeast("--evaluate-every", evaluateEvery, 0);
    if (pair.size() != 2 || pair.get(0).equals(pair.get(1))) {
      throw new ParameterException(
          spec.commandLine(), "--pair needs two different classes, as in 3,8, got " + pair);
    }
    OutputFiles.directory("--out", out);
    output.startEngine();
    Map<String, Object> settings = new LinkedHashMap<>();
    try (Scope scope = Scope.open();
        Dataset test = data.load(Part.TEST, FloatType.FLOAT32)) {
      return Interruption.during(
          output.progress(),
          () -> "the states so far are in " + (states == null ? out.resolve(STATES) : states),
          interruption -> {
            Checkpoints checkpoints =
                states == null ? trained(test, settings, interruption) : read(states, settings);
            results(watch, settings, checkpoints, test, interruption);
          });
    } catch (MemoryBudgetException e) {
      throw new UserException("--memory: " + e.getMessage(), e);
    }
  }

  /** Trains a network, by the same means as 'nngeometry train', and keeps states on the way. */
  private Checkpoints trained(Dataset test, Map<String, Object> settings, Interruption interruption)
      throws IOException {
    try (TrainingData examples =
        new TrainingData(data.load(Part.TRAIN, FloatType.FLOAT32), test.slice(0, test.size()))) {
      NetworkKind kind =
          Objects.requireNonNullElse(
              model,
              data.source().toString().equals("digits") ? NetworkKind.SMALL_CONV : NetworkKind.MLP);
      Architecture network =
          new Architecture(
              kind,
              Shape.of(examples.train().shape(), examples.classes())
                  .width(Optional.ofNullable(width)));
      TrainingSettings how = training.settings(false, data.seed());
      Milestones milestones = new Milestones(evaluateEvery, EVALUATE_ON, THRESHOLDS, 1);
      Map<String, Object> source = new LinkedHashMap<>();
      data.addTo(source, examples.train());
      Map<String, String> texts = new LinkedHashMap<>();
      source.forEach((name, value) -> texts.put(name, value.toString()));
      settings.putAll(network.metadata());
      settings.putAll(source);
      settings.putAll(how.options());
      Path folder = OutputFiles.directory("--out", out.resolve(STATES));
      Keeper keeper =
          Keeper.fresh(Checkpoints.none(folder, network.metadata(), texts), THRESHOLDS, settings);
      Training.run(
          network.build(),
          kind.classAxis(),
          examples,
          how,
          milestones,
          Optional.of(keeper),
          interruption::asked,
          output.progress());
      return keeper.checkpoints();
    } catch (IllegalArgumentException e) {
      throw new UserException("--data %s: %s".formatted(data.source(), e.getMessage()), e);
    }
  }

  /** Reads the states of a training, which must have been on these data. */
  private Checkpoints read(Path folder, Map<String, Object> settings) throws IOException {
    Checkpoints found = Checkpoints.read(folder);
    if (found.entries().isEmpty()) {
      throw new UserException("--checkpoints %s: it lists no states".formatted(folder));
    }
    for (String name : List.of("data", "seed")) {
      String given = name.equals("data") ? data.source().toString() : Long.toString(data.seed());
      String before = found.data().getOrDefault(name, given);
      if (!before.equals(given)) {
        throw new UserException(
            "--checkpoints %s: the network was trained with --%s %s, and other examples may not be held out; add --%s %s"
                .formatted(folder, name, before, name, before));
      }
    }
    settings.put("checkpoints", folder.toString());
    settings.putAll(found.network());
    settings.putAll(found.data());
    return found;
  }

  private void results(
      Stopwatch watch,
      Map<String, Object> settings,
      Checkpoints checkpoints,
      Dataset test,
      Interruption interruption)
      throws IOException {
    Classes all =
        Classes.of(test)
            .orElseThrow(
                () ->
                    new UserException(
                        "--data %s: the examples need labels, one integer each"
                            .formatted(data.source())));
    int[] chosen = IntStream.concat(of(all, pair.get(0)), of(all, pair.get(1))).toArray();
    settings.put("pair", pair);
    settings.put("per-class", perClass);
    try (Dataset two = test.select(chosen)) {
      Snapshots snapshots =
          new Snapshots(
              two.examples().batches(data.batch()),
              new Classes(IntStream.of(chosen).mapToObj(all.labels()::get).toList(), all.names()),
              pair.get(0),
              pair.get(1),
              limits.memory());
      follow(checkpoints, snapshots, interruption);
      Evolution evolution =
          new Evolution(
              Evolution.FORMAT,
              Machine.commandLine(spec),
              watch.seconds(),
              settings,
              Machine.facts(),
              Machine.versions(),
              pair.stream().map(all.names()::get).toList(),
              pair.stream().map(k -> (int) of(all, k).count()).toList(),
              snapshots.taken().stream().map(Snapshots.Snapshot::numbers).toList());
      write(evolution, snapshots);
    }
  }

  /** The first examples of a class. */
  private IntStream of(Classes all, int label) {
    int[] found =
        IntStream.range(0, all.labels().size())
            .filter(i -> all.labels().get(i) == label)
            .limit(perClass)
            .toArray();
    if (found.length < 2) {
      throw new UserException(
          "--pair: class %d has %d held-out examples; two are needed, of classes 0 to %d"
              .formatted(label, found.length, all.names().size() - 1));
    }
    return IntStream.of(found);
  }

  private void follow(Checkpoints checkpoints, Snapshots snapshots, Interruption interruption)
      throws IOException {
    List<Checkpoints.Entry> entries = checkpoints.entries();
    Checkpoints.Entry last = entries.get(entries.size() - 1);
    double perEpoch =
        last.epoch() == 0 ? Double.POSITIVE_INFINITY : (double) last.step() / last.epoch();
    Module net = Architecture.of(checkpoints.network()).build();
    try (Progress.Task task = output.progress().start("kernels", entries.size())) {
      for (int k = 0; k < entries.size(); k++) {
        interruption.check();
        checkpoints.load(entries.get(k), net);
        snapshots.take(entries.get(k), entries.get(k).step() / perEpoch, net);
        task.at(k + 1L);
      }
    }
  }

  private void write(Evolution evolution, Snapshots snapshots) throws IOException {
    EvolutionText text = new EvolutionText(evolution);
    OutputFiles.text(out.resolve("evolution.json"), Json.of(evolution) + "\n");
    OutputFiles.text(out.resolve("evolution.csv"), text.csv());
    OutputFiles.text(out.resolve("components.csv"), EvolutionText.components(snapshots));
    OutputFiles.figure(out.resolve("gram"), EvolutionFigures.columns(snapshots, columns));
    OutputFiles.figure(out.resolve("alignment"), EvolutionFigures.curves(evolution.checkpoints()));
    output.print(
        output.json()
            ? Json.of(evolution)
            : String.join(
                System.lineSeparator(),
                text.toString(),
                "figures: %s, %s"
                    .formatted(out.resolve("gram.png"), out.resolve("alignment.png"))));
  }
}
