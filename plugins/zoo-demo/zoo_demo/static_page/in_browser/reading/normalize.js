// Normalization of strokes to an image of MNIST: a digit is scaled to fit into 20×20 pixels and placed
// in 28×28 pixels so that its center of mass is in the middle, as in LeCun et al. (1998).

import { greatest, grid, mapped, padded, round } from "./grids.js";
import { centerOfMass, dilate } from "./morphology.js";
import { FILTERS, resize } from "./resize.js";
import { strokeWidth } from "./strokes.js";

const [SIDE, FIT] = [28, 20];
const [THIN, PEN] = [1.6, 2.4]; // thinner strokes than the first, in pixels of MNIST, are dilated to the second
const [EXACT, LARGEST] = [80, 8]; // minimum side of strokes that are dilated, maximum factor of enlarging them

export function digitImage(strokes) {
  const scaled = fitted(strokes);
  const [down, right] = centerOfMass(scaled);
  return toBytes(placed(scaled, SIDE / 2 - down, SIDE / 2 - right));
}

// Return strokes scaled to fit into 20×20 pixels, and thickened if they are thin.
function fitted(strokes) {
  const scale = scaleOf(strokes);
  const width = strokeWidth(strokes);
  if (!(width > 0 && width * scale < THIN)) return scaled(strokes, scale);
  const large = upsampled(strokes);
  // Dilated before scaling, because scaling would average thin strokes to light gray first.
  const wider = Math.max(0, round((PEN / scaleOf(large) - strokeWidth(large)) / 2));
  const thick = dilate(padded(large, wider), 2 * wider + 1);
  return scaled(thick, scaleOf(thick));
}

const scaleOf = ({ height, width }) => Math.min(FIT / height, FIT / width);

// Return strokes enlarged by an integer: one pixel could only be widened to three.
function upsampled(strokes) {
  const factor = Math.min(Math.ceil(EXACT / Math.max(strokes.height, strokes.width)), LARGEST);
  if (factor <= 1) return strokes;
  return resize(strokes, strokes.height * factor, strokes.width * factor, FILTERS.bilinear);
}

function scaled(strokes, scale) {
  const [rows, columns] = [strokes.height, strokes.width].map((side) => Math.max(1, round(scale * side)));
  return resize(strokes, rows, columns, FILTERS.hamming);
}

// Place strokes in an empty image, their upper left corner as near to a place as they fit.
function placed(strokes, down, right) {
  const canvas = grid(Float32Array, SIDE, SIDE);
  const [top, left] = [[down, strokes.height], [right, strokes.width]].map(([start, side]) =>
    Math.min(Math.max(round(start), 0), SIDE - side));
  for (let y = 0; y < strokes.height; y += 1) {
    const row = strokes.data.subarray(y * strokes.width, (y + 1) * strokes.width);
    canvas.data.set(row, (top + y) * SIDE + left);
  }
  return canvas;
}

// Return strokes as an image whose maximum is 255.
function toBytes(strokes) {
  const strongest = greatest(strokes.data); // below 1 after resizing; 0 if no stroke remains
  const factor = Math.fround(strongest ? 255 / strongest : 0);
  return mapped(Uint8Array, strokes, (value) => round(Math.fround(value * factor)));
}
