package io.nngeometry.cli.compare;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.training.TrainingHistory;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** What the results say, in sentences. */
record Findings(Results results) {
  private static final double EXACT = 1e-4;

  /** What the page shows. */
  String summary() {
    OptionalDouble right = results.model().testAccuracy();
    return ("The Fisher information matrix of a network of %s parameters%s, in %d representations,"
            + " held against the exact operator on %d images.")
        .formatted(
            Numbers.grouped(results.model().parameters()),
            right.isPresent()
                ? " that classifies %s of held-out images rightly"
                    .formatted(Numbers.percent(right.getAsDouble()))
                : "",
            results.representations().size(),
            results.truth().examples());
  }

  /** What was done, in paragraphs. */
  List<String> method() {
    boolean sampled = results.settings().containsKey("trials");
    String estimate =
        sampled
            ? ("The truth is estimated from %s labels per image that were drawn from the network's"
                    + " own predictions; every approximation has labels of its own, drawn anew %s"
                    + " times. Even a perfect representation differs from the truth by this noise.")
                .formatted(results.settings().get("trials"), results.settings().get("draws"))
            : "Nothing is sampled: truth and approximations use all outputs of the network. What"
                + " differs, differs because of the representation.";
    return List.of(
        "F is the mean over the images of JᵀHJ, where J is the Jacobian of the network's outputs"
            + " with respect to its parameters and H = diag(p) − ppᵀ the Fisher matrix of its"
            + " predictions p. The truth F is never stored: each product Fv runs the images"
            + " through the network again. The approximations F′ were all filled in one pass.",
        estimate,
        ("For %s random vectors v with independent standard normal coordinates, the figures show how far"
                + " each F′ is from F in its trace, its quadratic form, its product with v, and its"
                + " damped inverse.")
            .formatted(vectors()));
  }

  private long vectors() {
    return Long.parseLong(String.valueOf(results.settings().get("vectors")))
        * Long.parseLong(String.valueOf(results.settings().get("draws")));
  }

  /** What one sees in the figure of errors. */
  String errorsCaption() {
    return ("Relative error of the trace (left) and of the quadratic form (middle), and one minus the"
            + " cosine between the products (right), on logarithmic axes: further left is better."
            + " Marks are medians, whiskers reach from the least to the greatest of all vectors; a"
            + " hollow mark on the left edge stands for an error at or below it. %s%s")
        .formatted(traceSentence(), productSentence());
  }

  private String traceSentence() {
    List<String> exact =
        results.representations().stream()
            .filter(a -> a.traceError().median() < EXACT)
            .map(Results.Approximation::name)
            .toList();
    List<String> others =
        results.representations().stream()
            .filter(a -> a.traceError().median() >= EXACT)
            .map(a -> "%s by %s".formatted(a.name(), Numbers.percent(a.traceError().median())))
            .toList();
    return (exact.isEmpty() ? "" : "The trace is exact in " + list(exact) + ". ")
        + (others.isEmpty() ? "" : "It is off in " + list(others) + ". ");
  }

  private String productSentence() {
    return results.representations().stream()
        .filter(a -> !a.name().equals("dense"))
        .max(Comparator.comparingDouble(a -> a.productCosine().median()))
        .map(
            a ->
                "Of those that store less than the whole matrix, %s points closest to Fv, with a median cosine of %s."
                    .formatted(a.name(), Numbers.cosine(a.productCosine().median())))
        .orElse("");
  }

  /** What one sees in the figure of solves. */
  String solvesCaption() {
    Residual residual = Residual.of(results);
    return ("Cosine between v and %s against the damping λ: %s. Lines are medians over all vectors, bands"
            + " reach from the least to the greatest. With much damping λI outweighs F and every"
            + " representation does well; with little, what a representation leaves out decides. %s")
        .formatted(residual.formula(), residual.meaning(), solveSentence());
  }

  private String solveSentence() {
    List<Results.Solve> ranked =
        results.solves().stream()
            .filter(s -> !s.series().equals("dense") && !s.points().isEmpty())
            .sorted(Comparator.comparingDouble(Findings::mean).reversed())
            .toList();
    return ranked.size() < 2
        ? ""
        : "From best to worst on the whole, apart from the dense matrix: %s."
            .formatted(
                ranked.stream().map(Results.Solve::series).collect(Collectors.joining("; ")));
  }

  private static double mean(Results.Solve solve) {
    return solve.points().stream().mapToDouble(p -> p.cosine().median()).average().orElse(0);
  }

  /** What one sees in the training curve. */
  String trainingCaption(TrainingHistory history) {
    TrainingHistory.Epoch last = history.last();
    return ("Mean cross-entropy (left, logarithmic) and share of images classified rightly (right)"
            + " after each epoch of training, which took %s. At the end the network is right on"
            + " %s of the images it was trained on and on %s of those it never saw.")
        .formatted(
            Numbers.seconds(history.seconds()),
            Numbers.percent(last.trainAccuracy()),
            Numbers.percent(last.testAccuracy()));
  }

  private static String list(List<String> names) {
    return names.size() < 2
        ? String.join("", names)
        : String.join(", ", names.subList(0, names.size() - 1))
            + " and "
            + names.get(names.size() - 1);
  }
}
