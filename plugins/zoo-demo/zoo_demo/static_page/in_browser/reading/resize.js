// Resizing with the arithmetic of Pillow, so that the results are equal: `Image.resize` with a box,
// bilinear or Hamming filter, and `Image.reduce`.

import { grid, transposed } from "./grids.js";

const BITS = 22; // fractional bits of the weights of 8-bit pixels

// Pillow's constants are single-precision numbers.
const [A, B] = [Math.fround(0.54), Math.fround(0.46)];

export const FILTERS = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight(place) {
      const x = Math.abs(place) * Math.PI;
      if (x === 0) return 1;
      return x >= Math.PI ? 0 : (Math.sin(x) / x) * (A + B * Math.cos(x));
    },
  },
};

// Return a grid of bytes or of floats in another size.
export function resize(image, height, width, filter) {
  const wide = width === image.width ? image : across(image, width, filter);
  return height === wide.height ? wide : transposed(across(transposed(wide), height, filter));
}

// Return an image with its rows resized.
function across(image, width, filter) {
  const to = grid(image.data.constructor, image.height, width);
  const inBytes = image.data instanceof Uint8Array;
  const windows = weights(image.width, width, filter, inBytes);
  for (let y = 0; y < image.height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const { first, factors } = windows[x];
      let total = inBytes ? 1 << (BITS - 1) : 0;
      for (let i = 0; i < factors.length; i += 1) total += image.data[y * image.width + first + i] * factors[i];
      to.data[y * width + x] = inBytes ? Math.min(Math.max(total >> BITS, 0), 255) : total;
    }
  }
  return to;
}

// Return the window of pixels of each new pixel: its first one, and the weight of each.
function weights(size, wanted, { support, weight }, inBytes) {
  const scale = size / wanted;
  const spread = Math.max(scale, 1);
  return Array.from({ length: wanted }, (_, place) => {
    const center = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support * spread + 0.5), 0);
    const last = Math.min(Math.trunc(center + support * spread + 0.5), size);
    const raw = Array.from({ length: last - first }, (__, i) => weight((i + first - center + 0.5) * (1 / spread)));
    const total = raw.reduce((one, other) => one + other, 0);
    const factors = total ? raw.map((each) => each / total) : raw;
    return { first, factors: inBytes ? factors.map((each) => Math.trunc(0.5 + each * (1 << BITS))) : factors };
  });
}

// Return a rectangle of an image, each `scale` × `scale` pixels reduced to their mean.
export function reduce(image, scale, [top, left, bottom, right]) {
  const to = grid(Uint8Array, Math.ceil((bottom - top) / scale), Math.ceil((right - left) / scale));
  for (let y = 0; y < to.height; y += 1) {
    const [first, last] = [top + y * scale, Math.min(top + (y + 1) * scale, bottom)];
    for (let x = 0; x < to.width; x += 1) {
      const [start, end] = [left + x * scale, Math.min(left + (x + 1) * scale, right)];
      to.data[y * to.width + x] = mean(image, first, last, start, end);
    }
  }
  return to;
}

function mean(image, first, last, start, end) {
  let total = 0;
  for (let y = first; y < last; y += 1) {
    for (let x = start; x < end; x += 1) total += image.data[y * image.width + x];
  }
  const count = (last - first) * (end - start);
  // Not a division, because Pillow multiplies by a single-precision reciprocal with 24 bits.
  const reciprocal = Math.trunc(Math.fround(2 ** 32 / (256 * count)));
  return Math.floor(((total + (count >> 1)) * reciprocal) / 2 ** 24);
}
