// Morphology: maxima over windows, gray-level closing and opening, dilation, bounding box.

import { greatest, grid, mapped, transposed } from "./grids.js";
import { pairwiseSum } from "./pairwise.js";

// Return the maxima, or minima, of bytes over all windows of a width along an axis, which becomes
// shorter.
export const slidingMax = (image, width, axis) => slide(image, width, axis, 0);
export const slidingMin = (image, width, axis) => slide(image, width, axis, 255);

// The algorithm of van Herk: a window is the end of one block of its width and the start of the next.
// `flip` inverts the bits, because the complement of a maximum is a minimum.
function slide(image, width, axis, flip) {
  const long = axis ? image.width : image.height;
  const size = Math.max(long - width + 1, 0);
  const to = axis ? grid(Uint8Array, image.height, size) : grid(Uint8Array, size, image.width);
  const [step, jump] = axis ? [1, image.width] : [image.width, 1];
  const [outStep, outJump] = axis ? [1, size] : [image.width, 1];
  const line = new Uint8Array(long);
  const [ends, starts] = [new Uint8Array(long), new Uint8Array(long)];
  for (let number = 0; number < image.data.length / long; number += 1) {
    for (let i = 0, place = number * jump; i < long; i += 1, place += step) line[i] = image.data[place] ^ flip;
    accumulate(line, ends, starts, width);
    for (let i = 0, place = number * outJump; i < size; i += 1, place += outStep) {
      const [end, start] = [ends[i], starts[i + width - 1]];
      to.data[place] = (end > start ? end : start) ^ flip;
    }
  }
  return to;
}

// Fill in the maxima from each value to the end of its block, and from the start of its block.
function accumulate(line, ends, starts, width) {
  for (let first = 0; first < line.length; first += width) {
    const last = Math.min(first + width, line.length);
    for (let i = first, most = 0; i < last; i += 1) {
      if (line[i] > most) most = line[i];
      starts[i] = most;
    }
    for (let i = last - 1, most = 0; i >= first; i -= 1) {
      if (line[i] > most) most = line[i];
      ends[i] = most;
    }
  }
}

// Return an image with a margin that repeats its outermost pixels.
function extended(image, margin) {
  const { height, width } = image;
  const to = grid(image.data.constructor, height + 2 * margin, width + 2 * margin);
  for (let y = 0; y < to.height; y += 1) {
    const row = Math.min(Math.max(y - margin, 0), height - 1) * width;
    for (let x = 0; x < to.width; x += 1) {
      to.data[y * to.width + x] = image.data[row + Math.min(Math.max(x - margin, 0), width - 1)];
    }
  }
  return to;
}

// Return each pixel's maximum over a square around it, of floats; `width` is odd and small.
export function dilate(image, width) {
  const reach = width >> 1;
  const wider = (from) => mapped(Float32Array, from, (value, i) => {
    const start = i - (i % from.width);
    const [first, last] = [Math.max(i - reach, start), Math.min(i + reach, start + from.width - 1)];
    return greatest(from.data.subarray(first, last + 1));
  });
  return transposed(wider(transposed(wider(image))));
}

// Return the gray-level closing by a square: dark parts narrower than `width` are filled.
export function close(image, width) {
  const odd = width | 1;
  // As on most drawings, for which the rest would take most of the time.
  if (isOneLevel(image)) return image;
  if (isFilled(image, odd)) return mapped(Uint8Array, image, () => 255);
  const light = slidingMax(slidingMax(extended(image, odd - 1), odd, 0), odd, 1);
  return slidingMin(slidingMin(light, odd, 0), odd, 1);
}

const isOneLevel = ({ data }) => data.every((value) => value === data[0]);

// Return whether all is white after a closing: the border is, and no square without white is as wide
// as the window.
function isFilled({ data, height, width }, most) {
  const sides = [new Uint16Array(width), new Uint16Array(width)]; // of the squares that end in a row
  for (let y = 0, i = 0; y < height; y += 1) {
    const [above, own] = [sides[y % 2], sides[(y + 1) % 2]];
    for (let x = 0; x < width; x += 1, i += 1) {
      const isWhite = data[i] === 255;
      if (!isWhite && (x === 0 || y === 0 || x === width - 1 || y === height - 1)) return false;
      own[x] = isWhite ? 0 : 1 + Math.min(above[x], above[x - 1], own[x - 1]);
      if (own[x] >= most) return false;
    }
  }
  return true;
}

export const inverted = (image) => mapped(Uint8Array, image, (value) => 255 - value);

// Return the gray-level opening by a square: light parts narrower than `width` are removed.
export const open = (image, width) => inverted(close(inverted(image), width));

// Return a mask with the pixels above, below, left and right of it.
export function dilateMask(mask) {
  const { data, height, width } = mask;
  const to = grid(Uint8Array, height, width);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      to.data[i] = data[i] || (y && data[i - width]) || (y < height - 1 && data[i + width])
        || (x && data[i - 1]) || (x < width - 1 && data[i + 1]) ? 1 : 0;
    }
  }
  return to;
}

// Return top, left, bottom and right of the pixels of a mask, ends exclusive.
export function boundingBox({ data, height, width }) {
  let [top, left, bottom, right] = [height, width, 0, 0];
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      if (!data[i]) continue;
      top = Math.min(top, y);
      left = Math.min(left, x);
      bottom = y + 1;
      right = Math.max(right, x + 1);
    }
  }
  return [top, left, bottom, right];
}

// Return row and column of the center of mass.
export function centerOfMass({ data, width }) {
  const mass = pairwiseSum(Float32Array.from(data));
  const moment = (place) => pairwiseSum(Float64Array.from(data, (value, i) => value * place(i)));
  return [moment((i) => Math.floor(i / width)) / mass, moment((i) => i % width) / mass];
}
