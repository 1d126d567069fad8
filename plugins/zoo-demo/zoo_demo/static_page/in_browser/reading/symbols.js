// Symbols: digits and other signs, put together from the parts of strokes that belong together. The
// bar of a 5 and the stem of a 4 are often separate strokes. Touching digits are one symbol.

import { side } from "./components.js";
import { round } from "./grids.js";

const MAX_PARTS = 600; // maximum number of parts that are put together
const LARGE = 0.5; // minimum side of a part relative to the largest one, to count for the typical side
const PIECE = 0.45; // maximum side of a piece of a symbol relative to the typical side
const NEAR = 0.2; // maximum distance of a piece from its symbol, relative to the typical side
const BROKEN = 0.05; // maximum distance of two parts of any size of one symbol, relative to it
const ABOVE = 0.22; // maximum vertical distance of two parts of one symbol, relative to both heights
const [BESIDE, UNEQUAL] = [0.12, 0.75]; // of two parts beside each other: distance, ratio of heights
const [FULL, FLAT] = [0.7, 2]; // minimum height of a full digit; minimum ratio of width to height of a bar
const ASIDE = 0.5; // minimum horizontal overlap of parts above each other, relative to the narrower one
const SHARED = 0.3; // minimum share of the smaller box inside the other one
const COMPARABLE = 0.45; // minimum height of a symbol relative to the typical one
const [FRAME, RIM, RIM_INK] = [0.45, 0.2, 0.95]; // of a frame: side of a part in it, its rim, ink in that

const height = ([top, , bottom]) => bottom - top;
const width = ([, left, , right]) => right - left;

// Return the symbols that some parts form, of comparable sizes: their `boxes`, pixels `atEdge`, and the
// number of the symbol of each part, -1 for none.
export function findSymbols(components, kept) {
  const { parts } = components;
  const isFrame = frames(components, largest(parts, kept));
  const members = largest(parts, kept).filter((_, i) => !isFrame[i]);
  const boxes = members.map((i) => parts[i].box);
  let [groups, merged] = [boxes.map((_, i) => i), boxes];
  // Again with the merged boxes, because a broken stroke is near its symbol, not its parts.
  for (const broken of boxes.length > 1 ? [true, false] : []) {
    const of = numbered(group(merged, broken));
    groups = groups.map((each) => of[each]);
    merged = merge(merged, of);
  }
  const least = COMPARABLE * typicalHeight(merged);
  let next = 0;
  const renumbered = merged.map((box) => (height(box) >= least ? next++ : -1));
  const numbers = parts.map(() => -1);
  members.forEach((part, i) => { numbers[part] = renumbered[groups[i]]; });
  const atEdge = new Array(next).fill(0);
  numbers.forEach((number, i) => { if (number >= 0) atEdge[number] += parts[i].atEdge; });
  return { boxes: merged.filter((_, i) => renumbered[i] >= 0), numbers, atEdge };
}

// Return the numbers of the kept parts, at most `MAX_PARTS`.
function largest(parts, kept) {
  const all = parts.map((_, i) => i).filter((i) => kept[i]);
  const ranked = [...all].sort((one, other) => parts[other].core - parts[one].core).slice(0, MAX_PARTS);
  return ranked.sort((one, other) => one - other);
}

// Return group numbers from 0, in the order of the groups' smallest members.
function numbered(roots) {
  const order = [...new Set(roots)].sort((one, other) => one - other);
  return roots.map((root) => order.indexOf(root));
}

// Return the box around each group of boxes.
function merge(boxes, groups) {
  const merged = [];
  boxes.forEach(([top, left, bottom, right], i) => {
    const known = merged[groups[i]] ?? [top, left, bottom, right];
    const start = [Math.min(known[0], top), Math.min(known[1], left)];
    merged[groups[i]] = [...start, Math.max(known[2], bottom), Math.max(known[3], right)];
  });
  return merged;
}

// Return the smallest member of each part's group; `broken` is whether parts beside each other may be
// one symbol.
function group(boxes, broken) {
  const typical = typicalSide(boxes);
  const roots = boxes.map((_, i) => i);
  const find = (i) => (roots[i] === i ? i : find(roots[i]));
  for (let i = 0; i < boxes.length; i += 1) {
    for (let j = i + 1; j < boxes.length; j += 1) {
      if (!areJoined(boxes[i], boxes[j], typical, broken)) continue;
      const [one, other] = [find(i), find(j)];
      roots[Math.max(one, other)] = Math.min(one, other);
    }
  }
  return roots.map((_, i) => find(i));
}

function areJoined(one, other, typical, broken) {
  const [down, right] = [gap(one, other, 0), gap(one, other, 1)]; // negative gaps are overlaps
  const [lower, higher] = [height(one), height(other)].sort((a, b) => a - b);
  const inside = Math.max(-down, 0) * Math.max(-right, 0);
  if (inside >= SHARED * Math.min(height(one) * width(one), height(other) * width(other))) return true;
  const whole = lower + higher + down;
  const stacked = -right >= ASIDE * Math.min(width(one), width(other)) && down <= ABOVE * whole;
  // Two full digits above each other are two, and so are the bars of an equals sign.
  const isFlat = (box) => width(box) > FLAT * height(box);
  if (stacked && lower < FULL * typical && !(isFlat(one) && isFlat(other))) return true;
  const distance = Math.hypot(Math.max(down, 0), Math.max(right, 0));
  const isPiece = (box) => side(box) <= PIECE * typical;
  if (distance <= NEAR * typical && (isPiece(one) || isPiece(other))) return true;
  if (!broken) return false;
  const beside = right <= BESIDE * typical && -down >= 0.5 * lower;
  return (beside && lower <= UNEQUAL * higher) || distance <= BROKEN * typical;
}

const gap = (one, other, axis) => Math.max(one[axis], other[axis]) - Math.min(one[axis + 2], other[axis + 2]);

// Return the median longer side, or height, of the large boxes; 0 without any.
const typicalSide = (boxes) => typical(boxes.map(side), boxes.map(side));
export const typicalHeight = (boxes) => typical(boxes.map(height), boxes.map(side));

function typical(values, sides) {
  if (!sides.length) return 0;
  const least = LARGE * Math.max(...sides);
  const large = values.filter((_, i) => sides[i] >= least).sort((one, other) => one - other);
  return large[large.length >> 1];
}

// Return whether each part surrounds another large one, such as a drawn rectangle.
function frames({ labels, parts }, members) {
  const boxes = members.map((i) => parts[i].box);
  return boxes.map((box, i) => {
    const around = boxes.some((inner) => inner[0] > box[0] && inner[1] > box[1] && inner[2] < box[2]
      && inner[3] < box[3] && side(inner) >= FRAME * side(box));
    return around && isRim(labels, members[i] + 1, box);
  });
}

function isRim(labels, label, [top, left, bottom, right]) {
  const rim = Math.max(1, round(RIM * Math.min(bottom - top, right - left)));
  let [all, middle] = [0, 0];
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      if (labels.data[y * labels.width + x] !== label) continue;
      all += 1;
      if (y >= top + rim && y < bottom - rim && x >= left + rim && x < right - rim) middle += 1;
    }
  }
  return middle <= (1 - RIM_INK) * all;
}
