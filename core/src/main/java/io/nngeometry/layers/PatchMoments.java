package io.nngeometry.layers;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
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
 * <p>The images lie in memory by the first axis, that of rows, then by example, with enough zeros
 * after what the other axes hold that a displacement is an offset: no shifted copy is made, and
 * rows without a partner are left out.
 */
final class PatchMoments {
  /** Fewer channels than this make matrix products too thin to be worth it. */
  private static final long FEWEST_CHANNELS = 8;

  /** What writing a number of a moment takes, in multiplications of a product. */
  private static final double WRITTEN = 120;

  /** Bytes of rows of a moment that are written at a time. */
  private static final long CACHE_BYTES = 1 << 19;

  private final Convolution convolution;
  private final int axes;
  private final long groups;
  private final long channels;
  private final long examples;
  private final long[] sizes;
  private final long[] positions;

  /** The image as (groups, channels, n, pixels...). */
  private final Tensor image;

  /** Its sizes with zeros after them, and what one step along an axis is in that memory. */
  private final long[] steps;

  private final Tensor flat;
  private final Map<List<Range>, Tensor> strips = new HashMap<>();

  private PatchMoments(Convolution convolution, Tensor padded, long[] positions) {
    this.convolution = convolution;
    this.positions = positions;
    axes = convolution.axes();
    groups = convolution.groups();
    channels = padded.size(1) / groups;
    examples = padded.size(0);
    sizes = LongStream.range(2, 2 + axes).map(padded::size).toArray();
    image = padded.unflatten(1, groups, channels).transpose(0, 1).transpose(1, 2);
    long[] room = room(convolution, sizes);
    steps = new long[axes];
    long step = 1;
    for (int k = axes - 1; k > 0; k--) {
      steps[k] = step;
      step *= room[k];
    }
    steps[0] = examples * step;
    long[] shape = new long[3 + axes];
    shape[0] = groups;
    shape[1] = channels;
    shape[2] = room[0];
    shape[3] = examples;
    System.arraycopy(room, 1, shape, 4, axes - 1);
    Tensor memory = Tensors.zeros(padded, shape);
    Tensor inside = memory;
    for (int k = 1; k < axes; k++) {
      inside = inside.narrow(3 + k, 0, sizes[k]);
    }
    inside.copy_(image.transpose(2, 3));
    flat = memory.flatten(2, -1);
  }

  /** Pixels along an axis, and the zeros after them that the greatest displacement needs. */
  private static long[] room(Convolution c, long[] sizes) {
    long[] room = sizes.clone();
    for (int k = 1; k < room.length; k++) {
      room[k] += c.dilation()[k] * (c.kernel()[k] - 1);
    }
    return room;
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
    return rows * Tensors.numel(room(c, sizes)) / sizes[0];
  }

  /**
   * How to compute the sum over examples and positions of a a^T, (groups, f, f), or empty where
   * multiplying the patches is cheaper.
   *
   * @param input (n, channels, pixels...)
   * @param ones whether a last feature that is always one follows
   */
  static Optional<Supplier<Tensor>> of(Convolution convolution, Tensor input, boolean ones) {
    int axes = convolution.axes();
    if (LongStream.of(convolution.stride()).anyMatch(s -> s != 1)
        || convolution.kernelSize() == 1
        || input.size(1) / convolution.groups() < FEWEST_CHANNELS) {
      return Optional.empty();
    }
    // zeros of a border add nothing to a product: only other kinds of padding need to be there
    boolean zeros = convolution.mode() == PaddingMode.ZEROS;
    Convolution c = zeros ? convolution : convolution.unpadded();
    long[] positions = new long[axes];
    long[] sizes = new long[axes];
    for (int k = 0; k < axes; k++) {
      sizes[k] = input.size(2 + k) + (zeros ? 0 : convolution.before()[k] + convolution.after()[k]);
      positions[k] =
          sizes[k] + c.before()[k] + c.after()[k] - c.dilation()[k] * (c.kernel()[k] - 1);
    }
    double pairs = (double) c.kernelSize() * c.kernelSize();
    double correlations = 1.5 * products(c, sizes);
    double patches = pairs * Tensors.numel(positions);
    if (correlations * input.size(0) + pairs * WRITTEN > patches * input.size(0)) {
      return Optional.empty();
    }
    return Optional.of(
        () ->
            Scope.keeping(
                () -> {
                  Tensor image = zeros ? input : convolution.pad(input);
                  return new PatchMoments(c, image, positions).moment(ones);
                }));
  }

  private Tensor moment(boolean ones) {
    long kernel = convolution.kernelSize();
    long features = channels * kernel;
    long side = features + (ones ? 1 : 0);
    Tensor moment = Tensors.empty(flat, groups, side, side);
    // (groups, c, k, c', l)
    Tensor pairs =
        moment
            .narrow(1, 0, features)
            .narrow(2, 0, features)
            .unflatten(2, channels, kernel)
            .unflatten(1, channels, kernel);
    List<List<Long>> elements =
        combinations(
            LongStream.of(convolution.kernel())
                .mapToObj(size -> LongStream.range(0, size).boxed().toList())
                .toList());
    Tensor[][] products = new Tensor[(int) kernel][(int) kernel];
    for (int k = 0; k < kernel; k++) {
      for (int l = k; l < kernel; l++) {
        products[k][l] = product(elements.get(k), elements.get(l));
        products[l][k] = products[k][l].transpose(1, 2);
      }
    }
    // a row is written in as many steps as there are elements: in between it stays in cache
    long together = Math.max(1, CACHE_BYTES / (groups * side * flat.element_size()));
    for (long c = 0; c < channels; c += together) {
      long count = Math.min(together, channels - c);
      for (int k = 0; k < kernel; k++) {
        Tensor rows = pairs.narrow(1, c, count).select(2, k);
        for (int l = 0; l < kernel; l++) {
          rows.select(3, l).copy_(products[k][l].narrow(1, c, count));
        }
      }
    }
    if (!ones) {
      return moment;
    }
    // what each kernel element sees in all, of the sum of the images
    Tensor total = Tensors.sum(image, false, 2).flatten(0, 1).unsqueeze(0);
    Tensor seen = convolution.windows(total).flatten(2, 1 + axes).sum(2).view(groups, features);
    moment.select(1, features).narrow(1, 0, features).copy_(seen);
    moment.select(2, features).narrow(1, 0, features).copy_(seen);
    moment
        .select(1, features)
        .select(1, features)
        .fill_(Tensors.scalar((double) examples * Tensors.numel(positions)));
    return moment;
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

  /** The products of kernel elements k and l summed over examples and positions. */
  private Tensor product(List<Long> k, List<Long> l) {
    List<List<Range>> terms =
        combinations(
            IntStream.range(0, axes)
                .mapToObj(axis -> ranges(axis, k.get(axis), l.get(axis)))
                .toList());
    Tensor sum = correlation(terms.get(0));
    if (terms.size() > 1) {
      sum = sum.clone();
      for (List<Range> term : terms.subList(1, terms.size())) {
        boolean odd = term.stream().filter(r -> !r.whole()).count() % 2 == 1;
        sum.add_(correlation(term), Tensors.scalar(odd ? -1 : 1));
      }
    }
    return sum;
  }

  /**
   * Pixels u of one axis, first to end, whose products with u + shift are summed.
   *
   * @param whole whether these are all whose partner is inside the image
   */
  private record Range(long shift, long first, long end, boolean whole) {}

  /** All pixels with a partner, then those to take off because k never meets them. */
  private List<Range> ranges(int axis, long k, long l) {
    long shift = (l - k) * convolution.dilation()[axis];
    long first = Math.max(0, -shift);
    long end = Math.max(first, Math.min(sizes[axis], sizes[axis] - shift));
    long begins = k * convolution.dilation()[axis] - convolution.before()[axis];
    long stops = begins + positions[axis];
    List<Range> ranges = new ArrayList<>();
    ranges.add(new Range(shift, first, end, true));
    if (begins > first && first < end) {
      ranges.add(new Range(shift, first, Math.min(begins, end), false));
    }
    if (stops < end && first < end) {
      ranges.add(new Range(shift, Math.max(stops, first), end, false));
    }
    return ranges;
  }

  /** The sum over a box of pixels of the products with their partners, (groups, c, c). */
  private Tensor correlation(List<Range> box) {
    Tensor known = strips.get(box);
    if (known == null) {
      List<Range> back =
          box.stream()
              .map(r -> new Range(-r.shift, r.first + r.shift, r.end + r.shift, r.whole))
              .toList();
      Tensor mirrored = strips.get(back);
      known =
          mirrored != null
              ? mirrored.transpose(1, 2)
              : box.stream().allMatch(Range::whole) ? whole(box) : strip(box);
      strips.put(box, known);
    }
    return known;
  }

  /** All pixels: one product of the memory with itself, displaced. */
  private Tensor whole(List<Range> box) {
    long offset = 0;
    for (int axis = 0; axis < axes; axis++) {
      offset += box.get(axis).shift * steps[axis];
    }
    long length = flat.size(2) - Math.abs(offset);
    if (length <= 0) {
      return Tensors.zeros(flat, groups, channels, channels);
    }
    Tensor here = flat.narrow(2, Math.max(0, -offset), length);
    Tensor there = flat.narrow(2, Math.max(0, offset), length);
    return product(here, there);
  }

  private Tensor strip(List<Range> box) {
    Tensor here = image;
    Tensor there = image;
    for (int axis = 0; axis < axes; axis++) {
      Range r = box.get(axis);
      here = here.narrow(3 + axis, r.first, r.end - r.first);
      there = there.narrow(3 + axis, r.first + r.shift, r.end - r.first);
    }
    return product(here.reshape(groups, channels, -1), there.reshape(groups, channels, -1));
  }

  /** Sums over pixels of (groups, channels, pixels) twice, (groups, channels, channels). */
  private static Tensor product(Tensor here, Tensor there) {
    return Total.of(t -> t.addProducts(here.unsqueeze(0), there.transpose(1, 2).unsqueeze(0), 1));
  }
}
