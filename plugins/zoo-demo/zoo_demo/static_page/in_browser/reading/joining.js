// Lines from pieces that are separated by strokes alone.

import { maskOf, round } from "./grids.js";
import { JUMP, areAlike } from "./line.js";

const FILLED = 0.8; // minimum share of the pixels between two pieces of one line
const BRIDGE = 0.06; // maximum gap between two pieces of a faint line, relative to the longer side

export function joined(pieces, mask) {
  const bridge = BRIDGE * Math.max(mask.height, mask.width);
  const lines = [];
  for (const piece of [...pieces].sort((one, other) => one.start - other.start)) {
    const i = lines.findIndex((line) => Math.abs(piece.firstRow - line.lastRow) <= JUMP && areAlike(line, piece)
      && (piece.start - line.end <= bridge || isFilled(line, piece, mask)));
    if (i < 0) lines.push(piece);
    else lines[i] = join(lines[i], piece);
  }
  return lines;
}

function join(line, piece) {
  const share = (line.end - line.start) / (line.end - line.start + piece.end - piece.start);
  const mix = (name) => share * line[name] + (1 - share) * piece[name];
  return {
    start: line.start,
    end: Math.max(line.end, piece.end),
    firstRow: line.firstRow,
    lastRow: piece.lastRow,
    thickness: mix("thickness"),
    contrast: mix("contrast"),
    band: maskOf(line.band, (value, i) => value || piece.band.data[i]),
  };
}

function isFilled(line, piece, mask) {
  const count = piece.start - line.end;
  if (count <= 0) return true;
  let filled = 0;
  for (let i = 0; i < count; i += 1) {
    const share = (i + 1) / (count + 1);
    const row = round(line.lastRow + share * (piece.firstRow - line.lastRow));
    filled += mask.data[row * mask.width + line.end + i];
  }
  return filled / count >= FILLED;
}
