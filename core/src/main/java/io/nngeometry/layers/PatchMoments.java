package io.nngeometry.layers;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * The second moment of a convolution's patches without the patches. At stride one, the product of
 * kernel elements k and k' summed over all positions depends on their displacement alone, but for
 * pixels near the border that one of them never sees: it is the image's correlation with itself at
 * that displacement, less strips along the border (inclusion and exclusion over the axes). A 3x3
 * kernel has 13 displacements up to sign, where its patches have 81 products.
 *
 * <p>Correlations are summed over all images; the moment, which has more numbers, is written once.
 */
final class PatchMoments implements Total.Image {
  /** Fewer channels than this make matrix products too thin to be worth it. */
  private static final long FEWEST_CHANNELS = 8;

  /** What writing a number of a moment takes, in multiplications of a minibatch's product. */
  private static final double WRITTEN = 40;

  /** Bytes of rows of a moment that are written at a time. */
  private static final long CACHE_BYTES = 1 << 19;

  private final Geometry geometry;
  private final List<List<Long>> elements;
  private final Map<List<PixelRange>, Total> correlations = new LinkedHashMap<>();
  private final Total images = new Total();
  private long examples;

  /**
   * What sums of correlations have in common.
   *
   * @param ones whether a last feature that is always one follows
   * @param sizes of the images
   */
  private record Geometry(Convolution convolution, boolean ones, long channels, List<Long> sizes) {

    int axes() {
      return sizes.size();
    }

    long groups() {
      return convolution.groups();
    }

    /** Patches along an axis. */
    long positions(int axis) {
      return sizes.get(axis)
          + convolution.before()[axis]
          + convolution.after()[axis]
          - convolution.dilation()[axis] * (convolution.kernel()[axis] - 1);
    }

    /** Patches of an image. */
    long positions() {
      return Tensors.numel(IntStream.range(0, axes()).mapToLong(this::positions).toArray());
    }
  }

  private PatchMoments(Geometry geometry) {
    this.geometry = geometry;
    elements =
        combinations(
            LongStream.of(geometry.convolution().kernel())
                .mapToObj(size -> LongStream.range(0, size).boxed().toList())
                .toList());
    for (int k = 0; k < elements.size(); k++) {
      for (int l = k; l < elements.size(); l++) {
        for (List<PixelRange> box : terms(k, l)) {
          if (!correlations.containsKey(PixelRange.mirrored(box))) {
            correlations.putIfAbsent(box, new Total());
          }
        }
      }
    }
  }

  /**
   * How to add the sum over examples and positions of a a^T, (groups, f, f), or empty where
   * multiplying the patches is cheaper.
   *
   * @param input (n, channels, pixels...)
   * @param ones whether a last feature that is always one follows
   */
  static Optional<Consumer<Total>> of(Convolution convolution, Tensor input, boolean ones) {
    int axes = convolution.axes();
    if (LongStream.of(convolution.stride()).anyMatch(s -> s != 1)
        || convolution.kernelSize() == 1
        || input.size(1) / convolution.groups() < FEWEST_CHANNELS) {
      return Optional.empty();
    }
    // zeros of a border add nothing to a product: only other kinds of padding need to be there
    boolean zeros = convolution.mode() == PaddingMode.ZEROS;
    Convolution c = zeros ? convolution : convolution.unpadded();
    long[] sizes = new long[axes];
    for (int k = 0; k < axes; k++) {
      sizes[k] = input.size(2 + k) + (zeros ? 0 : convolution.before()[k] + convolution.after()[k]);
    }
    Geometry geometry =
        new Geometry(c, ones, input.size(1) / c.groups(), LongStream.of(sizes).boxed().toList());
    // of the patches' products those on one side of the diagonal are made
    double pairs = (double) c.kernelSize() * (c.kernelSize() + 1) / 2;
    double correlations = 1.5 * products(c, sizes);
    double patches = pairs * geometry.positions();
    if (correlations * input.size(0) + pairs * WRITTEN > patches * input.size(0)) {
      return Optional.empty();
    }
    return Optional.of(
        total -> {
          try (Scope scope = Scope.open()) {
            total
                .image(geometry, PatchMoments.class, () -> new PatchMoments(geometry))
                .add(zeros ? input : convolution.pad(input));
          }
        });
  }

  /** Products of pixels that all displacements take which do not mirror others. */
  private static double products(Convolution c, long[] sizes) {
    double across = 1;
    for (int k = 1; k < sizes.length; k++) {
      across *= 2 * c.kernel()[k] - 1;
    }
    double rows = (across + 1) / 2 * sizes[0];
    for (long k = 1; k < c.kernel()[0]; k++) {
      rows += across * Math.max(0, sizes[0] - k * c.dilation()[0]);
    }
    return rows * Tensors.numel(DisplacedImages.room(c, sizes)) / sizes[0];
  }

  private void add(Tensor input) {
    DisplacedImages displaced = new DisplacedImages(geometry.convolution(), input);
    correlations.forEach(displaced::add);
    if (geometry.ones()) {
      images.add(Tensors.sum(input, false, 0));
      examples += input.size(0);
    }
  }

  @Override
  public Tensor value() {
    return Scope.keeping(this::moment);
  }

  private Tensor moment() {
    int kernel = elements.size();
    long groups = geometry.groups();
    long channels = geometry.channels();
    long features = channels * kernel;
    long side = features + (geometry.ones() ? 1 : 0);
    Tensor[][] products = new Tensor[kernel][kernel];
    for (int k = 0; k < kernel; k++) {
      for (int l = k; l < kernel; l++) {
        products[k][l] = product(k, l);
        products[l][k] = products[k][l].transpose(1, 2);
      }
    }
    Tensor moment = Tensors.empty(products[0][0], groups, side, side);
    // (groups, c, k, c', l)
    Tensor pairs =
        moment
            .narrow(1, 0, features)
            .narrow(2, 0, features)
            .unflatten(2, channels, kernel)
            .unflatten(1, channels, kernel);
    // a row is written in as many steps as there are elements: in between it stays in cache
    long together = Math.max(1, CACHE_BYTES / (groups * side * moment.element_size()));
    for (long c = 0; c < channels; c += together) {
      long count = Math.min(together, channels - c);
      for (int k = 0; k < kernel; k++) {
        Tensor rows = pairs.narrow(1, c, count).select(2, k);
        for (int l = 0; l < kernel; l++) {
          rows.select(3, l).copy_(products[k][l].narrow(1, c, count));
        }
      }
    }
    if (geometry.ones()) {
      writeOnes(moment, features);
    }
    return moment;
  }

  private void writeOnes(Tensor moment, long features) {
    // what each kernel element sees in all, of the sum of the images
    Tensor windows = geometry.convolution().windows(images.value().unsqueeze(0));
    Tensor seen = windows.flatten(2, 1 + geometry.axes()).sum(2).view(geometry.groups(), features);
    moment.select(1, features).narrow(1, 0, features).copy_(seen);
    moment.select(2, features).narrow(1, 0, features).copy_(seen);
    moment
        .select(1, features)
        .select(1, features)
        .fill_(Tensors.scalar((double) examples * geometry.positions()));
  }

  /** One choice of each list, in all ways, the last list's running fastest. */
  private static <T> List<List<T>> combinations(List<List<T>> choices) {
    List<List<T>> all = List.of(List.of());
    for (List<T> choice : choices) {
      List<List<T>> longer = new ArrayList<>();
      for (List<T> head : all) {
        for (T next : choice) {
          longer.add(Stream.concat(head.stream(), Stream.of(next)).toList());
        }
      }
      all = longer;
    }
    return all;
  }

  /** The boxes of pixels that are added and taken off for kernel elements k and l. */
  private List<List<PixelRange>> terms(int k, int l) {
    return combinations(
        IntStream.range(0, geometry.axes())
            .mapToObj(axis -> ranges(axis, elements.get(k).get(axis), elements.get(l).get(axis)))
            .toList());
  }

  /** The products of kernel elements k and l summed over examples and positions. */
  private Tensor product(int k, int l) {
    List<List<PixelRange>> terms = terms(k, l);
    Tensor sum = correlation(terms.get(0));
    if (terms.size() > 1) {
      sum = sum.clone();
      for (List<PixelRange> term : terms.subList(1, terms.size())) {
        boolean odd = term.stream().filter(r -> !r.whole()).count() % 2 == 1;
        sum.add_(correlation(term), Tensors.scalar(odd ? -1 : 1));
      }
    }
    return sum;
  }

  private Tensor correlation(List<PixelRange> box) {
    Total known = correlations.get(box);
    if (known != null) {
      return known.value();
    }
    Total mirrored = Objects.requireNonNull(correlations.get(PixelRange.mirrored(box)));
    return mirrored.value().transpose(1, 2);
  }

  /** All pixels with a partner, then those to take off because k never meets them. */
  private List<PixelRange> ranges(int axis, long k, long l) {
    Convolution convolution = geometry.convolution();
    long size = geometry.sizes().get(axis);
    long shift = (l - k) * convolution.dilation()[axis];
    long first = Math.max(0, -shift);
    long end = Math.max(first, Math.min(size, size - shift));
    long begins = k * convolution.dilation()[axis] - convolution.before()[axis];
    long stops = begins + geometry.positions(axis);
    List<PixelRange> ranges = new ArrayList<>();
    ranges.add(new PixelRange(shift, first, end, true));
    if (begins > first && first < end) {
      ranges.add(new PixelRange(shift, first, Math.min(begins, end), false));
    }
    if (stops < end && first < end) {
      ranges.add(new PixelRange(shift, Math.max(stops, first), end, false));
    }
    return ranges;
  }

  @Override
  public void close() {
    correlations.values().forEach(Total::close);
    images.close();
  }
}
