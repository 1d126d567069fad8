// Facts of a line: its row at a column, and the runs of pixels across it.

import { grid } from "./grids.js";

export const ALIKE = 1.5; // maximum ratio of the thicknesses, above one pixel, or contrasts of two lines
export const JUMP = 3; // maximum difference of the rows of two pieces of one line

// Return the maximum length of runs across a line of a thickness.
export const limit = (thickness) => 1.5 * thickness + 1;

export const rowOf = (line) => (line.firstRow + line.lastRow) / 2;

export function rowAt({ start, end, firstRow, lastRow }, column) {
  return firstRow + ((column - start) / Math.max(1, end - start)) * (lastRow - firstRow);
}

export function areAlike(line, piece) {
  const [thin, thick] = [line.thickness, piece.thickness].sort((one, other) => one - other);
  return thick <= ALIKE * thin + 1;
}

// Return the length of the vertical run of each pixel of a mask; 0 outside of it.
export function runLengths(mask) {
  const { height, width } = mask;
  const runs = grid(Int32Array, height, width);
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height;) {
      let end = y;
      while (end < height && mask.data[end * width + x]) end += 1;
      for (let row = y; row < end; row += 1) runs.data[row * width + x] = end - y;
      y = Math.max(end, y + 1);
    }
  }
  return runs;
}
