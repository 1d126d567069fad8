// Layout of MNIST's images: the place and size of a digit, on black.

import { grid, maskOf, sum } from "./grids.js";
import { centerOfMass, inverted } from "./morphology.js";
import { FILTERS, resize } from "./resize.js";

const SIDE = 28;
const INK = 30; // minimum gray level of strokes
const BLACK = 8; // maximum gray level of the ground, which is at least half of an image
const BRIGHT = 150; // minimum of an image's lightest gray level
const LENGTH = [17, 22]; // minimum and maximum of the longer side of a digit
const CENTER = [13.25, 14.75]; // minimum and maximum row, and column, of the center of mass

// Return an image in the size of MNIST's, light on black; null if it does not have their layout. An
// image of the data set is returned unchanged.
export function fitLayout(image) {
  if (image.height !== image.width) return null;
  const dark = hasLightBorder(image) ? inverted(image) : image;
  const pixels = resize(dark, SIDE, SIDE, FILTERS.hamming);
  return matches(pixels) ? pixels : null;
}

function hasLightBorder({ data, height, width }) {
  const border = [...data.subarray(0, width), ...data.subarray(data.length - width)];
  for (let y = 0; y < height; y += 1) border.push(data[y * width], data[(y + 1) * width - 1]);
  return 2 * border.filter((value) => value > 127).length > border.length;
}

function matches(pixels) {
  const lightest = grid(Uint8Array, 2, SIDE); // per row and per column
  pixels.data.forEach((value, i) => {
    for (const place of [Math.floor(i / SIDE), SIDE + (i % SIDE)]) {
      lightest.data[place] = Math.max(lightest.data[place], value);
    }
  });
  const ground = sum(maskOf(pixels, (value) => value <= BLACK).data);
  if (Math.max(...lightest.data) < BRIGHT || 2 * ground < pixels.data.length) return false;
  const longer = Math.max(extent(lightest.data.subarray(0, SIDE)), extent(lightest.data.subarray(SIDE)));
  const within = (value, [low, high]) => low <= value && value <= high;
  return within(longer, LENGTH) && centerOfMass(pixels).every((place) => within(place, CENTER));
}

// Return the number of rows, or columns, from the first to the last one with ink.
function extent(levels) {
  const inked = [...levels.keys()].filter((i) => levels[i] > INK);
  return inked.at(-1) - inked[0] + 1;
}
