// Printed lines: ruled and squared paper, frames and cells.

import { above, any, chosen, grid, maskOf, median, quantiles, transposed } from "./grids.js";
import { anchored } from "./anchors.js";
import { candidates } from "./candidates.js";
import { limit, runLengths } from "./line.js";

const SMALLEST = 64; // minimum longer side of an image in which lines are searched for
const [FEW, PENS] = [2, 0.6]; // so few lines may be strokes, if they are as thick and as dark as the ink
const DARKER = 1.5; // minimum contrast of a stroke on a line, relative to typical lines

// Return the pixels of printed lines, without those where strokes cross them; `floor` is the minimum
// contrast of lines.
export function findLines(ink, floor) {
  const mask = above(ink, floor);
  const lines = grid(Uint8Array, mask.height, mask.width);
  if (Math.max(mask.height, mask.width) < SMALLEST) return lines;
  const found = [candidates(mask, ink), candidates(transposed(mask), transposed(ink))];
  const [across, down] = anchored(found, mask);
  const all = [...across, ...down];
  if (!all.length || (all.length <= FEW && isStroke(all, ink, mask))) return lines;
  const darker = Math.fround(DARKER * median(all.map((line) => line.contrast)));
  const faint = maskOf(ink, (value, i) => mask.data[i] && value < darker);
  addLines(lines, across, faint, runLengths(mask));
  // Without the first ones, so that crossing lines do not keep each other.
  const rest = transposed(maskOf(mask, (value, i) => value && !lines.data[i]));
  const turned = grid(Uint8Array, mask.width, mask.height);
  addLines(turned, down, transposed(faint), runLengths(rest));
  const back = transposed(turned);
  return maskOf(lines, (value, i) => value || back.data[i]);
}

// Add the pixels of lines in a mask, without those where a stroke crosses them: it makes the column's
// run of pixels longer than the line is thick.
function addLines(pixels, lines, mask, runs) {
  for (const { band, thickness } of lines) {
    const most = limit(thickness);
    for (let i = 0; i < band.data.length; i += 1) {
      if (band.data[i] && mask.data[i] && runs.data[i] <= most) pixels.data[i] = 1;
    }
  }
}

// Return whether one or two lines are as thick and as dark as the rest of the ink.
function isStroke(few, ink, mask) {
  const isSame = ({ height, width }) => height === mask.height && width === mask.width;
  const bands = few.map(({ band }) => (isSame(band) ? band : transposed(band)));
  const rest = maskOf(mask, (value, i) => value && !bands.some((band) => band.data[i]));
  if (!any(rest)) return true;
  const width = Math.min(...[rest, transposed(rest)].map((each) =>
    median(runLengths(each).data.filter((run) => run > 0))));
  const [dark] = quantiles(chosen(ink, rest), [0.8]);
  return few.every((line) => line.thickness >= PENS * width && line.contrast >= PENS * dark);
}
