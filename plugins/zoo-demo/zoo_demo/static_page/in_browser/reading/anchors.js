// Anchors of lines: both ends of a printed line are at the image's edge or at another such line, while
// the strokes of a digit end freely.

import { median } from "./grids.js";
import { ALIKE, rowOf } from "./line.js";

const REACH = 0.03; // maximum distance between a line's end and its anchor, relative to the longer side
const [FAMILY, FAMILY_LENGTH] = [3, 0.5]; // parallel lines that need no anchors, and their length

// Return the lines whose ends are anchored, and others that are like them; both per direction.
export function anchored(found, { height, width }) {
  const longer = Math.max(height, width);
  const reach = Math.max(3, REACH * longer);
  const sizes = [width, height];
  const kept = found.map((lines) => family(lines, longer));
  let lines = found;
  for (let before = -1; before !== lines.flat().length;) {
    before = lines.flat().length;
    const now = lines;
    lines = now.map((each, axis) => each.filter((line) =>
      kept[axis].includes(line) || endsHeld(line, now[1 - axis], sizes[axis], reach) === 2));
  }
  const all = lines.flat();
  if (all.length < 2) return lines;
  const [thickness, contrast] = ["thickness", "contrast"].map((name) => median(all.map((line) => line[name])));
  // A line that a digit interrupts has only one such end.
  for (const axis of [0, 1]) {
    lines[axis] = [...lines[axis], ...found[axis].filter((line) => !lines[axis].includes(line)
      && line.thickness <= ALIKE * thickness + 1 && line.contrast <= ALIKE * contrast
      && endsHeld(line, lines[1 - axis], sizes[axis], reach))];
  }
  return lines;
}

function family(lines, longer) {
  const long = lines.filter((line) => line.end - line.start >= FAMILY_LENGTH * longer);
  return long.length >= FAMILY ? long : [];
}

// Return the number of ends of a line that are at the edge or at one of the other lines.
function endsHeld(line, others, size, reach) {
  let [atStart, atEnd] = [line.start <= reach, line.end >= size - reach];
  for (const other of others) {
    if (other.start - reach > rowOf(line) || rowOf(line) > other.end + reach) continue;
    atStart ||= Math.abs(rowOf(other) - line.start) <= reach;
    atEnd ||= Math.abs(rowOf(other) - line.end) <= reach;
  }
  return Number(atStart) + Number(atEnd);
}
