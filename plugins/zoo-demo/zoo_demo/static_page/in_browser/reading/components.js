// Connected components of a mask: their boxes, areas, and contact with the image's edge.

import { grid, mapped } from "./grids.js";

// Return the components of a mask, diagonal neighbors included, in the order of their first pixels;
// `core` are the pixels that certainly are strokes.
export function findComponents(mask, core) {
  const labels = grid(Int32Array, mask.height, mask.width);
  const parts = [];
  const stack = new Int32Array(mask.data.length);
  for (let i = 0; i < mask.data.length; i += 1) {
    if (mask.data[i] && !labels.data[i]) parts.push(fill(i, parts.length + 1, { mask, core, labels, stack }));
  }
  return { labels, parts };
}

// Label the component of a pixel, and return its box and counts.
function fill(start, label, { mask, core, labels, stack }) {
  const { height, width } = mask;
  const part = { box: [height, width, 0, 0], area: 0, core: 0, atEdge: 0 };
  let waiting = 0;
  stack[waiting++] = start;
  labels.data[start] = label;
  while (waiting) {
    const i = stack[--waiting];
    const x = i % width;
    const y = (i - x) / width;
    count(part, x, y, core.data[i], x === 0 || y === 0 || x === width - 1 || y === height - 1);
    for (let down = Math.max(y - 1, 0); down <= Math.min(y + 1, height - 1); down += 1) {
      for (let right = Math.max(x - 1, 0); right <= Math.min(x + 1, width - 1); right += 1) {
        const next = down * width + right;
        if (!mask.data[next] || labels.data[next]) continue;
        labels.data[next] = label;
        stack[waiting++] = next;
      }
    }
  }
  return part;
}

function count(part, x, y, inCore, isEdge) {
  const { box } = part;
  box[0] = Math.min(box[0], y);
  box[1] = Math.min(box[1], x);
  box[2] = Math.max(box[2], y + 1);
  box[3] = Math.max(box[3], x + 1);
  part.area += 1;
  if (inCore) part.core += 1;
  if (isEdge) part.atEdge += 1;
}

// Return the pixels of chosen components; `isChosen` has a value per component.
export const pixelsOf = ({ labels }, isChosen) =>
  mapped(Uint8Array, labels, (label) => (label && isChosen[label - 1] ? 1 : 0));

export const side = ([top, left, bottom, right]) => Math.max(bottom - top, right - left);
