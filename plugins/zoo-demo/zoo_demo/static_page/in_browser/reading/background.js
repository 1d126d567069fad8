// Background of writing: the paper's gray level at each pixel, and the contrast of ink to it.

import { grid, mapped, quantiles, round, sampled, sum } from "./grids.js";
import { close, inverted, open } from "./morphology.js";
import { reduce } from "./resize.js";

const WINDOW = 0.3; // side of the window relative to the size of the image; strokes are narrower
const COARSE = 96; // approximate longer side, in pixels, at which the polarity is found
const [WIDE, LOCAL] = [0.6, 1 / 3]; // sides of the windows of the polarity, relative to the size
const STRIP = 2; // maximum ratio of an image's size to its shorter side
const SAMPLE = 4000; // number of pixels from which light and noise are estimated
const DIM = 0.3; // minimum level of paper, relative to the lightest, at which ink is scaled by the light

const { fround } = Math;

// Return the contrast of ink to paper, `ink` in gray levels, and the standard deviation of the paper.
export function findContrast(image, isDark) {
  const lightPaper = isDark ? image : inverted(image);
  const paper = close(lightPaper, Math.max(3, round(WINDOW * size(image))));
  const ink = mapped(Float32Array, paper, (value, i) => value - lightPaper.data[i]);
  const step = Math.max(1, round((ink.data.length / SAMPLE) ** 0.5));
  if (isDark) scaleByLight(ink, paper, step);
  const [low, quarter] = quantiles(sampled(ink, step).data, [0.05, 0.25]);
  // From the lightest quarter, because ink may cover a third of a drawing.
  const noise = (quarter - low) / 1.05;
  const ground = fround(low + 1.5 * noise);
  for (let i = 0; i < ink.data.length; i += 1) ink.data[i] -= ground;
  return { ink, noise };
}

// Divide ink by the light, because a shadow darkens paper and ink by the same factor.
function scaleByLight(ink, paper, step) {
  const [brightest] = quantiles(sampled(paper, step).data, [0.95]);
  if (brightest <= 0) return;
  const least = Math.max(1, DIM * brightest);
  for (let i = 0; i < ink.data.length; i += 1) {
    ink.data[i] *= fround(brightest / fround(Math.max(paper.data[i], least)));
  }
}

// Return whether the writing of an image is darker than its paper.
export function isDarkInk(image) {
  const step = Math.max(1, round(Math.max(image.height, image.width) / COARSE));
  const small = step > 1 ? reduce(image, step, [0, 0, image.height, image.width]) : image;
  const width = Math.max(3, round(WIDE * size(small)));
  // Filled and opened in both orders, whose mean prefers neither polarity.
  const [one, other] = [open(close(small, width), width), close(open(small, width), width)];
  const rest = mapped(Float32Array, small, (value, i) => value - (one.data[i] + other.data[i]) / 2);
  const mean = localMean(rest, Math.max(3, round(LOCAL * size(small))) | 1);
  // Ink is rarer than paper in its neighborhood, also within a digit, so it deviates more.
  return sum(rest.data.map((value, i) => fround(value - mean.data[i]) ** 3)) <= 0;
}

// Return the size of an image to which windows are relative.
const size = ({ height, width }) => Math.min(Math.max(height, width), STRIP * Math.min(height, width));

// Return the mean over a square around each pixel; `width` is odd.
function localMean(image, width) {
  const half = width >> 1;
  const sums = integral(image, half);
  return mapped(Float32Array, image, (_, i) => {
    const x = i % image.width;
    const y = (i - x) / image.width;
    const [above, below] = [y * sums.width, (y + width) * sums.width];
    const columns = (row) => sums.data[row + x + width] - sums.data[row + x];
    return (columns(below) - columns(above)) / width ** 2;
  });
}

// Return the sums of all pixels above and to the left, of an image whose outermost pixels continue.
function integral(image, margin) {
  const sums = grid(Float64Array, image.height + 2 * margin + 1, image.width + 2 * margin + 1);
  for (let y = 1; y < sums.height; y += 1) {
    const row = Math.min(Math.max(y - 1 - margin, 0), image.height - 1) * image.width;
    let total = 0;
    for (let x = 1; x < sums.width; x += 1) {
      total += image.data[row + Math.min(Math.max(x - 1 - margin, 0), image.width - 1)];
      sums.data[y * sums.width + x] = sums.data[(y - 1) * sums.width + x] + total;
    }
  }
  return sums;
}
