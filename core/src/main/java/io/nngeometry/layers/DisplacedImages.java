package io.nngeometry.layers;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Correlations of images with themselves. They lie in memory by the first axis, that of rows, then
 * by example, with enough zeros after what the other axes hold that a displacement is an offset: no
 * shifted copy is made, and rows without a partner are left out.
 */
final class DisplacedImages {
  private final int axes;

  /** As (groups, channels, n, pixels...). */
  private final Tensor image;

  /** As (groups, channels, memory). */
  private final Tensor flat;

  /** What one step along an axis is in that memory. */
  private final long[] steps;

  /**
   * @param images (n, channels, pixels...)
   */
  DisplacedImages(Convolution convolution, Tensor images) {
    axes = convolution.axes();
    long groups = convolution.groups();
    image = images.unflatten(1, groups, images.size(1) / groups).transpose(0, 1).transpose(1, 2);
    long[] sizes = LongStream.range(3, 3 + axes).map(image::size).toArray();
    long[] room = room(convolution, sizes);
    steps = new long[axes];
    long step = 1;
    for (int k = axes - 1; k > 0; k--) {
      steps[k] = step;
      step *= room[k];
    }
    steps[0] = image.size(2) * step;
    long[] shape = new long[3 + axes];
    shape[0] = groups;
    shape[1] = image.size(1);
    shape[2] = room[0];
    shape[3] = image.size(2);
    System.arraycopy(room, 1, shape, 4, axes - 1);
    Tensor memory = Tensors.zeros(images, shape);
    Tensor inside = memory;
    for (int k = 1; k < axes; k++) {
      inside = inside.narrow(3 + k, 0, sizes[k]);
    }
    inside.copy_(image.transpose(2, 3));
    flat = memory.flatten(2, -1);
  }

  /** Pixels along every axis, and the zeros after them that the greatest displacement needs. */
  static long[] room(Convolution c, long[] sizes) {
    long[] room = sizes.clone();
    for (int k = 1; k < room.length; k++) {
      room[k] += c.dilation()[k] * (c.kernel()[k] - 1);
    }
    return room;
  }

  /** Adds the sum over a box of pixels of the products with their partners, (groups, c, c). */
  void add(List<PixelRange> box, Total total) {
    boolean whole = box.stream().allMatch(PixelRange::whole);
    Tensor here = whole ? whole(box, -1) : strip(box, false);
    if (box.stream().allMatch(r -> r.shift() == 0)) {
      total.addMoment(here, 1);
    } else {
      Tensor there = whole ? whole(box, 1) : strip(box, true);
      total.addProducts(here, there.transpose(2, 3), 1);
    }
  }

  /** All pixels: the memory without its end, or without its beginning. */
  private Tensor whole(List<PixelRange> box, int side) {
    long offset = 0;
    for (int axis = 0; axis < axes; axis++) {
      offset += box.get(axis).shift() * steps[axis];
    }
    long length = Math.max(0, flat.size(2) - Math.abs(offset));
    long first = Math.min(Math.max(0, side * offset), flat.size(2));
    return flat.narrow(2, first, length).unsqueeze(0);
  }

  private Tensor strip(List<PixelRange> box, boolean shifted) {
    Tensor part = image;
    for (int axis = 0; axis < axes; axis++) {
      PixelRange r = box.get(axis);
      part = part.narrow(3 + axis, r.first() + (shifted ? r.shift() : 0), r.length());
    }
    return part.reshape(1, part.size(0), part.size(1), part.numel() / part.size(0) / part.size(1));
  }
}
