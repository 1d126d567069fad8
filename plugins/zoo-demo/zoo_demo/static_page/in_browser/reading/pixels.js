// Pixels of a canvas as gray levels, with the arithmetic of Pillow.

import { grid } from "./grids.js";

// Return the gray image of an ImageData. Transparent pixels become black if the opaque ones are light,
// and white if they are dark, so that all ink is visible.
export function toGray({ data, width, height }) {
  const to = grid(Uint8Array, height, width);
  const ground = isTransparent(data) ? contrasting(data) : null;
  for (let i = 0; i < to.data.length; i += 1) {
    const color = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    const alpha = data[4 * i + 3];
    to.data[i] = gray(...(ground === null ? color : color.map((value) => blended(value, alpha, ground))));
  }
  return to;
}

const gray = (red, green, blue) => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

function isTransparent(data) {
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return true;
  return false;
}

// Return a color over an opaque ground.
function blended(value, alpha, ground) {
  if (!alpha) return ground;
  const share = alpha * 128;
  const total = value * share + ground * (255 * 128 - share) + (0x80 << 7);
  return ((total >> 8) + total) >> 15;
}

function contrasting(data) {
  let [light, weight] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    light += gray(data[i], data[i + 1], data[i + 2]) * data[i + 3];
    weight += data[i + 3];
  }
  return weight && light / weight > 127 ? 0 : 255;
}
