// Writing in an image: its strokes and symbols, found coarsely and then finely.

import { cropped, grid, mapped, maskOf, round, sum, transposed } from "./grids.js";
import { isDarkInk } from "./background.js";
import { pixelsOf } from "./components.js";
import { dilateMask } from "./morphology.js";
import { reduce } from "./resize.js";
import { findStrokes } from "./strokes.js";
import { findSymbols, typicalHeight } from "./symbols.js";

const SIDE = 256; // approximate longer side, in pixels, at which writing is found
const [SMALL, FINE] = [50, 80]; // minimum height of symbols there, and height at which lower ones are found again
const MAX_FINE = 300_000; // maximum number of pixels at the finer scale
const [FILLED, COVERED, NARROW, LEAST] = [0.5, 0.82, 0.35, 20]; // of a piece of paper: shares of its box, shape, side
const INSET = 0.04; // width of the rim of a piece of paper that is left out, relative to its shorter side

// Writing that was found in a part of an image: `top` and `left` are its first row and column, and
// `scale` is the number of the image's pixels per pixel of the strokes.
class Writing {
  constructor(facts) {
    Object.assign(this, facts);
  }

  get whole() {
    return [0, 0, this.strokes.strength.height, this.strokes.strength.width];
  }

  // Return the place of a symbol in the image.
  box(symbol) {
    const [top, left, bottom, right] = this.symbols.boxes[symbol].map((each) => each * this.scale);
    return {
      top: top + this.top,
      left: left + this.left,
      bottom: Math.min(bottom + this.top, this.image.height),
      right: Math.min(right + this.left, this.image.width),
    };
  }

  // Return the strokes of all symbols, cropped to their box.
  strength() {
    const { boxes } = this.symbols;
    const [top, left] = [0, 1].map((side) => Math.min(...boxes.map((box) => box[side])));
    const [bottom, right] = [2, 3].map((side) => Math.max(...boxes.map((box) => box[side])));
    const window = [top, left, bottom, right];
    const near = dilateMask(this.mask(() => true, window)); // with the faint pixels at the edges of strokes
    return mapped(Float32Array, cropped(this.strokes.strength, window), (value, i) => (near.data[i] ? value : 0));
  }

  // Return the pixels of chosen symbols in a window.
  mask(isChosen, window = this.whole) {
    const ofParts = this.symbols.numbers.map((number) => number >= 0 && isChosen(number));
    return pixelsOf({ labels: cropped(this.strokes.components.labels, window) }, ofParts);
  }
}

// Return the writing in an image; null without any.
export function findWriting(image) {
  const scale = Math.max(1, round(Math.max(image.height, image.width) / SIDE));
  let found = find(image, [0, 0, image.height, image.width], scale);
  if (!found) return null;
  found = insidePaper(found) ?? found;
  // Small symbols have few pixels at this scale, so their surroundings are searched again.
  const height = typicalHeight(found.symbols.boxes);
  return (found.scale > 1 && height < SMALL && refined(found, height)) || found;
}

function find(image, corners, scale, isDark = null, within = null) {
  const pixels = scale > 1 ? reduce(image, scale, corners) : cropped(image, corners);
  const dark = isDark ?? isDarkInk(pixels);
  const strokes = findStrokes(pixels, dark, within);
  if (!strokes) return null;
  const symbols = findSymbols(strokes.components, strokes.kept);
  if (!symbols.boxes.length) return null;
  return new Writing({ image, strokes, symbols, isDark: dark, scale, top: corners[0], left: corners[1] });
}

// Return the writing at a finer scale; null if there is none.
function refined(found, height) {
  const { image, scale, symbols: { boxes } } = found;
  const rim = Math.max(2, round(height / 2)); // paper around the strokes
  const [top, left] = [0, 1].map((side) => Math.max(0, Math.min(...boxes.map((box) => box[side])) - rim));
  const [bottom, right] = [2, 3].map((side) => Math.max(...boxes.map((box) => box[side])) + rim);
  const corners = [
    top * scale + found.top,
    left * scale + found.left,
    Math.min(bottom * scale + found.top, image.height),
    Math.min(right * scale + found.left, image.width),
  ];
  const area = (corners[2] - corners[0]) * (corners[3] - corners[1]);
  const finer = Math.max(1, Math.ceil(Math.sqrt(area / MAX_FINE)), Math.trunc((scale * height) / FINE));
  if (finer >= scale) return null;
  return find(image, corners, finer, found.isDark, nearStrokes(found, corners, finer, [top, left]));
}

// Return the pixels near the strokes that were found, at a finer scale, because printed lines are
// recognized at the coarse scale, at which they are long.
function nearStrokes(found, corners, finer, [top, left]) {
  const strokes = found.mask(() => true);
  const [wide, lines] = [dilateMask(dilateMask(strokes)), dilateMask(found.strokes.lines)];
  const near = maskOf(strokes, (value, i) => value || (wide.data[i] && !lines.data[i]));
  const [height, width] = [0, 1].map((side) => Math.ceil((corners[side + 2] - corners[side]) / finer));
  const to = grid(Uint8Array, height, width);
  const coarse = (place, first, last) =>
    Math.min(Math.floor((place * finer + (finer >> 1)) / found.scale) + first, last - 1);
  return mapped(Uint8Array, to, (_, i) => {
    const x = i % to.width;
    return near.data[coarse((i - x) / to.width, top, near.height) * near.width + coarse(x, left, near.width)];
  });
}

// Return the writing on a piece of paper, if the only symbol is one; null otherwise.
function insidePaper(found) {
  if (found.symbols.boxes.length !== 1) return null;
  const [box] = found.symbols.boxes;
  const [height, width] = [box[2] - box[0], box[3] - box[1]];
  // A high and narrow one may be a one.
  if (Math.min(height, width) < LEAST || width < NARROW * height) return null;
  const mask = found.mask(() => true, box);
  if (sum(mask.data) / mask.data.length < FILLED) return null;
  if (Math.min(covered(mask), covered(transposed(mask))) < COVERED) return null;
  const { top, left, bottom, right } = found.box(0);
  const inset = Math.max(found.scale, round(INSET * Math.min(bottom - top, right - left)));
  const corners = [top + inset, left + inset, bottom - inset, right - inset];
  const longest = Math.max(corners[2] - corners[0], corners[3] - corners[1]);
  return find(found.image, corners, Math.max(1, round(longest / SIDE)));
}

// Return the share of a mask's box between the first and last pixels of its rows.
function covered({ data, height, width }) {
  let between = 0;
  for (let y = 0; y < height; y += 1) {
    const row = data.subarray(y * width, (y + 1) * width);
    if (row.includes(1)) between += row.lastIndexOf(1) + 1 - row.indexOf(1);
  }
  return between / data.length;
}
