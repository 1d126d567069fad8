// Candidates of printed lines: long, thin and straight parts that are nearly horizontal.

import { any, chosen, cropped, grid, mapped, maskOf, median, quantiles, round, sum } from "./grids.js";
import { findComponents } from "./components.js";
import { joined } from "./joining.js";
import { JUMP, areAlike, limit, rowAt, rowOf, runLengths } from "./line.js";

const LENGTH = 0.12; // minimum length of a line's piece between strokes, relative to the longer side
const SHORT = 0.6; // minimum length of a piece that may begin a line, relative to the length above
const THIN = 12; // minimum ratio of a line's length to its thickness
const THICK = 0.04; // maximum thickness of a line relative to the longer side
const SLOPE = 1; // number of pixels by which a line may leave its row within `LENGTH`
const GAP = 5; // maximum gap in a line, in pixels, plus one

// Return the long and thin parts of a mask that are nearly horizontal.
export function candidates(mask, ink) {
  const longer = Math.max(mask.height, mask.width);
  const length = Math.max(12, round(LENGTH * longer));
  if (mask.width < length) return [];
  const open = openHorizontally(mask, length);
  const ownRuns = runLengths(open);
  // Without thick parts: there, a stroke crosses the line, or lies on it.
  const long = maskOf(open, (value, i) => value && ownRuns.data[i] <= THICK * longer + 2 * SLOPE);
  if (!any(long)) return [];
  const runs = runLengths(mask);
  const { labels, parts } = findComponents(long, long);
  const found = { labels, mask, ink, runs, longer };
  const pieces = parts.map(({ box }, i) => pieceOf(i + 1, box, found)).filter(Boolean);
  // Between strokes, pieces are too short to have a direction, and may be strokes themselves.
  const isShort = (piece) => piece.end - piece.start < SHORT * length;
  const lines = joined(pieces.filter((piece) => !isShort(piece)), mask);
  for (const line of lines) {
    for (const piece of pieces.filter(isShort)) {
      const middle = (piece.start + piece.end) / 2;
      if (Math.abs(rowOf(piece) - rowAt(line, middle)) <= JUMP && areAlike(line, piece)) {
        for (let i = 0; i < line.band.data.length; i += 1) line.band.data[i] |= piece.band.data[i];
      }
    }
  }
  return lines.filter((line) => line.end - line.start >= Math.max(length, THIN * line.thickness));
}

// Return a candidate of a line; null for a component that is mostly outside of the mask.
function pieceOf(label, box, { labels, mask, ink, runs, longer }) {
  const [top, left, , right] = box;
  const local = maskOf(cropped(labels, box), (value) => value === label);
  const own = cropped(mask, box);
  const inside = maskOf(local, (value, i) => value && own.data[i]);
  const columns = Array.from({ length: inside.width }, (_, x) => x);
  const rows = Array.from({ length: inside.height }, (_, y) => y);
  const filled = columns.filter((x) => rows.some((y) => inside.data[y * inside.width + x])).length;
  if (!(filled / inside.width > 0.5)) return null;
  const ownRuns = mapped(Float64Array, cropped(runs, box), (run, i) => (inside.data[i] ? run : longer));
  // The median of columns, not of pixels, because strokes that cross the line have more.
  const thinnest = (x) => Math.min(...rows.map((y) => ownRuns.data[y * inside.width + x]));
  const thickness = median(columns.map(thinnest));
  const thin = maskOf(ownRuns, (run) => run <= limit(thickness));
  const [contrast] = quantiles(chosen(cropped(ink, box), thin), [0.8]);
  const band = placed(local, box, mask);
  const [first, last] = ends(local);
  return { start: left, end: right, firstRow: top + first, lastRow: top + last, thickness, contrast, band };
}

// Return a mask in a box of an empty one of another's size.
function placed(local, [top, left], { height, width }) {
  const to = grid(Uint8Array, height, width);
  for (let y = 0; y < local.height; y += 1) {
    to.data.set(local.data.subarray(y * local.width, (y + 1) * local.width), (top + y) * width + left);
  }
  return to;
}

// Return the rows at both ends of a straight line through the pixels of a band.
function ends(band) {
  const places = [];
  band.data.forEach((value, i) => value && places.push([Math.floor(i / band.width), i % band.width]));
  const mean = (axis) => sum(places.map((place) => place[axis])) / places.length;
  const [row, column] = [mean(0), mean(1)];
  const offsets = places.map((place) => place[1] - column);
  const slope = sum(offsets.map((offset, i) => offset * places[i][0]))
    / Math.max(1, sum(offsets.map((each) => each ** 2)));
  const middle = (band.width - 1) / 2;
  return [row - slope * middle, row + slope * middle];
}

// Return the nearly horizontal parts of a mask that are at least so long.
function openHorizontally(mask, length) {
  const open = grid(Uint8Array, mask.height, mask.width);
  for (let y = 0; y < mask.height; y += 1) {
    for (const [start, end] of closedRuns(thickRow(mask, y))) {
      // A line may begin at the edge of the image, where it continues.
      const isLong = start === 0 || end === mask.width || end - start >= length;
      if (isLong) open.data.fill(1, y * mask.width + start, y * mask.width + end);
    }
  }
  return open;
}

// Return a row of a mask, with the pixels of the rows around it.
function thickRow({ data, height, width }, y) {
  const row = new Uint8Array(width);
  for (let other = Math.max(y - SLOPE, 0); other <= Math.min(y + SLOPE, height - 1); other += 1) {
    for (let x = 0, i = other * width; x < width; x += 1, i += 1) row[x] |= data[i];
  }
  return row;
}

// Return start and end of each run of a row; runs with a small gap between them are one.
function closedRuns(row) {
  const runs = [];
  for (let x = row.indexOf(1); x >= 0;) {
    const gap = row.indexOf(0, x);
    const end = gap < 0 ? row.length : gap;
    if (runs.length && x - runs.at(-1)[1] < GAP) runs.at(-1)[1] = end;
    else runs.push([x, end]);
    x = gap < 0 ? -1 : row.indexOf(1, end);
  }
  return runs;
}
