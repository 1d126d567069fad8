// Strokes of an image: the pixels whose contrast to the paper is that of ink.

import { findContrast } from "./background.js";
import { findComponents, pixelsOf, side } from "./components.js";
import { above, any, greatest, grid, mapped, quantiles, valuesAbove } from "./grids.js";
import { findLines } from "./lines.js";
import { dilateMask } from "./morphology.js";

const MIN_CONTRAST = 0.2; // minimum contrast of a stroke's pixels, relative to the strokes' upper quartile
const MIN_PIXELS = 8; // rank of the pixel whose contrast counts as the peak
const MIN_LEVELS = 12; // minimum contrast of strokes, in gray levels
const MIN_RELATIVE_AREA = 0.04; // minimum area of a part's core relative to the largest one
const REMAINING = 0.06; // minimum side of writing without printed lines, relative to the image's longer side
const INNER_AREA = 0.1; // minimum area of what does not touch the edge, relative to what does
const FAINT_LINE = 0.08; // minimum contrast of a printed line relative to strokes
const FAINT = 0.15; // minimum contrast of writing relative to that of what touches the edge

const { fround } = Math;

// Return the strokes of an image of a few hundred pixels: `strength` from 0 for paper to 1 for ink,
// `lines`, `components` and whether each is `kept`; null without any. `within` are the pixels that
// may be strokes, without printed lines; null for all.
export function findStrokes(image, isDark, within = null) {
  const { ink, noise } = findContrast(image, isDark);
  if (within) for (let i = 0; i < ink.data.length; i += 1) if (!within.data[i]) ink.data[i] = 0;
  let layer = makeLayer(ink, noise);
  if (!layer) return null;
  let lines = grid(Uint8Array, ink.height, ink.width);
  if (!within) {
    lines = findLines(ink, Math.max(FAINT_LINE * layer.levels.full, 2.5 * noise));
    layer = withoutLines(layer, lines, noise);
  }
  layer = withoutEdge(layer, noise);
  const cores = layer.components.parts.map((part) => part.core);
  const largest = Math.max(0, ...cores);
  if (!largest) return null;
  const kept = cores.map((core) => core > MIN_RELATIVE_AREA * largest);
  return { strength: strengthOf(layer, kept), lines, components: layer.components, kept };
}

function strengthOf({ ink, levels, components }, kept) {
  // From half the floor, so that the strokes' edges keep intermediate gray levels.
  const floor = fround(levels.floor / 2);
  const range = fround(levels.full - levels.floor / 2);
  // Dilated by one pixel, because those edges are just outside of the mask.
  const near = dilateMask(pixelsOf(components, kept));
  return mapped(Float32Array, ink, (value, i) =>
    (near.data[i] ? Math.min(Math.max(fround(value - floor) / range, 0), 1) : 0));
}

// Return the mean width of strokes in pixels: area divided by half the length of their outline.
export function strokeWidth({ data, height, width }) {
  const least = fround(0.4);
  const inside = (y, x) => y >= 0 && x >= 0 && y < height && x < width && data[y * width + x] > least;
  let [area, outline] = [0, 0];
  for (let y = 0; y <= height; y += 1) {
    for (let x = 0; x <= width; x += 1) {
      const own = inside(y, x);
      area += own;
      outline += (own !== inside(y - 1, x)) + (own !== inside(y, x - 1));
    }
  }
  // Counting pixel edges overestimates the length of an outline in a random direction by 4 / pi.
  return outline ? (2 * area) / ((outline * Math.PI) / 4) : 0;
}

function makeLayer(ink, noise) {
  const levels = levelsOf(ink, noise);
  if (!levels) return null;
  return { ink, levels, components: findComponents(above(ink, levels.floor), above(ink, levels.core)) };
}

const without = (ink, mask) => mapped(Float32Array, ink, (value, i) => (mask.data[i] ? 0 : value));

// Return a layer without printed lines, if anything remains that may be writing.
function withoutLines(layer, lines, noise) {
  if (!any(lines)) return layer;
  const rest = makeLayer(without(layer.ink, lines), noise);
  if (!rest) return layer;
  const sides = rest.components.parts.filter((part) => part.core).map((part) => side(part.box));
  // Otherwise, the lines are the writing, such as an angular zero.
  return Math.max(0, ...sides) > REMAINING * Math.max(lines.height, lines.width) ? rest : layer;
}

// Return a layer without the parts at the image's edge, if they are not the writing.
function withoutEdge(layer, noise) {
  const { parts } = layer.components;
  const atEdge = parts.map((part) => part.atEdge > 0);
  if (!atEdge.includes(true)) return layer;
  const rest = makeLayer(without(layer.ink, dilateMask(pixelsOf(layer.components, atEdge))), noise);
  if (!rest || rest.levels.full <= FAINT * layer.levels.full) return layer;
  const largest = (components) => Math.max(0, ...components.parts.map((part) => part.core));
  // Otherwise, a drawing fills its canvas, and the rest are specks.
  return largest(rest.components) > INNER_AREA * largest(layer.components) ? rest : layer;
}

// Return the contrasts of full ink, of the core of strokes and of the faintest stroke; null if nothing
// has the contrast of strokes.
function levelsOf(ink, noise) {
  if (ink.data.length < MIN_PIXELS) return null;
  // Not the maximum, because a few pixels may be dust or reflections.
  let darkest = valuesAbove(ink, 0.5 * greatest(ink.data));
  if (darkest.length < MIN_PIXELS) darkest = ink.data;
  const peak = darkest.slice().sort().at(-MIN_PIXELS);
  if (peak < Math.max(MIN_LEVELS, 5 * noise)) return null;
  const [full] = quantiles(valuesAbove(ink, 0.5 * peak), [0.75]);
  return { full, core: 0.5 * peak, floor: Math.max(MIN_CONTRAST * full, 3.5 * noise) };
}
