// Grids: typed arrays with a height and a width, from top to bottom; a mask has the values 0 and 1.

export const grid = (Type, height, width) => ({ data: new Type(height * width), height, width });

// Return a grid of `convert(value, index)` of each value.
export function mapped(Type, from, convert) {
  const to = grid(Type, from.height, from.width);
  for (let i = 0; i < to.data.length; i += 1) to.data[i] = convert(from.data[i], i);
  return to;
}

export const maskOf = (from, test) => mapped(Uint8Array, from, (value, i) => (test(value, i) ? 1 : 0));

// Return the mask of the values above a single-precision number, and these values.
export function above(from, least) {
  const [to, bound] = [grid(Uint8Array, from.height, from.width), Math.fround(least)];
  for (let i = 0; i < to.data.length; i += 1) to.data[i] = from.data[i] > bound ? 1 : 0;
  return to;
}

export const valuesAbove = (from, least) => chosen(from, above(from, least));

export function transposed(from) {
  const to = grid(from.data.constructor, from.width, from.height);
  for (let y = 0; y < from.height; y += 1) {
    for (let x = 0; x < from.width; x += 1) to.data[x * to.width + y] = from.data[y * from.width + x];
  }
  return to;
}

// Return a rectangle: top, left, bottom and right, ends exclusive.
export function cropped(from, [top, left, bottom, right]) {
  const to = grid(from.data.constructor, bottom - top, right - left);
  for (let y = 0; y < to.height; y += 1) {
    const start = (y + top) * from.width + left;
    to.data.set(from.data.subarray(start, start + to.width), y * to.width);
  }
  return to;
}

// Return a grid with margins of zeros above and below, and left and right.
export function padded(from, vertical, horizontal = vertical) {
  const to = grid(from.data.constructor, from.height + 2 * vertical, from.width + 2 * horizontal);
  for (let y = 0; y < from.height; y += 1) {
    const row = from.data.subarray(y * from.width, (y + 1) * from.width);
    to.data.set(row, (y + vertical) * to.width + horizontal);
  }
  return to;
}

// Return every `step`-th value of every `step`-th row.
export function sampled(from, step) {
  const to = grid(from.data.constructor, Math.ceil(from.height / step), Math.ceil(from.width / step));
  for (let y = 0; y < to.height; y += 1) {
    for (let x = 0; x < to.width; x += 1) to.data[y * to.width + x] = from.data[y * step * from.width + x * step];
  }
  return to;
}

// Return the values where a mask is set.
export function chosen(from, mask) {
  const values = new from.data.constructor(sum(mask.data));
  let next = 0;
  for (let i = 0; i < mask.data.length; i += 1) {
    if (mask.data[i]) values[next++] = from.data[i];
  }
  return values;
}

export function sum(values) {
  let total = 0;
  for (let i = 0; i < values.length; i += 1) total += values[i];
  return total;
}

export function greatest(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i += 1) if (values[i] > most) most = values[i];
  return most;
}

export const any = (mask) => mask.data.includes(1);

// Round half to even, as Python does; Math.round rounds half up.
export function round(value) {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

// Return quantiles of values, without interpolation.
export function quantiles(values, shares) {
  const ordered = values.slice().sort();
  return shares.map((share) => ordered[Math.min(Math.trunc(share * values.length), values.length - 1)]);
}

export function median(values) {
  const ordered = Float64Array.from(values).sort();
  const half = ordered.length >> 1;
  return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}
