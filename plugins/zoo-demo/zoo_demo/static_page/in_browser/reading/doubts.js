// Doubts: reasons to refuse writing by its shape, as phrases.

import { FILTERS, resize } from "./resize.js";
import { above, sum } from "./grids.js";
import { strokeWidth } from "./strokes.js";

const LONG = 4.5; // maximum length of a digit's strokes, relative to its longer side
const WIDE = 2; // maximum width of a digit relative to its height
const THICK = 0.34; // maximum width of a digit's strokes, relative to its longer side
const [TURNED, CENTER, COARSE] = [0.55, 0.2, 16]; // of a cross: correlation after a quarter turn, ink in its middle
const CUT = 0.5; // minimum free space on the far side of a symbol that touches the edge
const UNCUT = 64; // minimum longer side of an image that may cut a symbol
const INKED = 0.7; // minimum strength of strokes that are cut
const TEXTURE = 150; // minimum number of symbols of a texture or a page of text

// Return the doubt about a single digit, given its strokes; empty for none.
export const doubtAboutDigit = (writing, strength) => doubtAboutShape(strength) || doubtAboutAll(writing);

function doubtAboutAll(writing) {
  const { boxes } = writing.symbols;
  if (boxes.length >= TEXTURE) {
    return `not like digits: ${boxes.length} signs or more, as of a page of text or a pattern`;
  }
  return boxes.some((_, symbol) => isCut(writing, symbol)) ? "cut at the edge" : "";
}

function doubtAboutShape(strength) {
  const { height, width } = strength;
  if (width > WIDE * height) return "not like a digit: much wider than high";
  const pen = strokeWidth(strength);
  if (!pen) return "not like handwriting: too faint";
  const longer = Math.max(height, width);
  if (sum(above(strength, 0.4).data) > LONG * pen * longer) {
    return "not like handwriting: too many strokes, as of a picture or a pattern";
  }
  if (pen > THICK * longer) return "not like handwriting: a filled shape";
  return isCross(strength) ? "not like a digit: a cross or a star" : "";
}

// Return whether strokes meet in the middle, and are similar after a quarter turn.
function isCross(strength) {
  if (inkInMiddle(strength) < CENTER) return false;
  const { data } = resize(strength, COARSE, COARSE, FILTERS.box);
  const mean = sum(data) / data.length;
  const ink = Array.from(data, (value) => value - mean);
  const turned = ink.map((_, i) => ink[(i % COARSE) * COARSE + COARSE - 1 - Math.floor(i / COARSE)]);
  const correlation = sum(ink.map((value, i) => value * turned[i]));
  return correlation > TURNED * sum(ink.map((value) => value ** 2));
}

function inkInMiddle({ data, height, width }) {
  const [top, bottom] = [Math.floor((3 * height) / 8), Math.floor((5 * height) / 8) + 1];
  const [left, right] = [Math.floor((3 * width) / 8), Math.floor((5 * width) / 8) + 1];
  let [ink, count] = [0, 0];
  for (let y = top; y < Math.min(bottom, height); y += 1) {
    for (let x = left; x < Math.min(right, width); x += 1) {
      ink += data[y * width + x];
      count += 1;
    }
  }
  return ink / count;
}

// Return whether the image's edge cuts a symbol.
function isCut(writing, symbol) {
  const { image, scale, strokes: { strength }, symbols } = writing;
  if (Math.max(image.height, image.width) < UNCUT || !symbols.atEdge[symbol]) return false;
  const { top, left, bottom, right } = writing.box(symbol);
  const cutFirst = (start, end, whole) => start <= 0 && whole - end >= CUT * (end - start);
  // The last pixel of the strokes may be incomplete.
  const cutLast = (start, end, whole) => end + scale > whole && start >= CUT * (end - start);
  const rows = [cutFirst(top, bottom, image.height) && 0, cutLast(top, bottom, image.height) && strength.height - 1];
  const columns = [cutFirst(left, right, image.width) && 0, cutLast(left, right, image.width) && strength.width - 1];
  const mask = writing.mask((each) => each === symbol);
  const least = Math.fround(INKED);
  // Full ink, because the faint rim of a stroke that ends at the edge touches it, too.
  return strength.data.some((value, i) => {
    if (value < least || !mask.data[i]) return false;
    const x = i % strength.width;
    return rows.includes((i - x) / strength.width) || columns.includes(x);
  });
}
