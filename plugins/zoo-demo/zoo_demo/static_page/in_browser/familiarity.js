// Familiarity of images: the probability that an image is like those of MNIST, from the statistics and
// the small network of zoo_mnist/familiarity.py.

import { readFile } from "./files.js";
import { parseTensors } from "./safetensors.js";

const [STEEPNESS, BEYOND] = [4, 1.2];
const LAYERS = ["1", "2", "3"];

// Return the function from an image to its familiarity; null for a folder without statistics.
export async function loadFamiliarity({ familiarity }) {
  if (!familiarity) return null;
  const stored = parseTensors(await readFile(familiarity));
  return (image) => {
    const means = pooled(image);
    return sigmoid(Math.min(distanceOdds(means, stored), networkOdds(means, stored)));
  };
}

// Return the means of 2×2 pixels, from 0 to 1.
function pooled({ data, height, width }) {
  const means = new Float32Array((height / 2) * (width / 2));
  for (let y = 0, i = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, i += 1) {
      const place = y * width + x;
      means[i] = (data[place] + data[place + 1] + data[place + width] + data[place + width + 1]) / (4 * 255);
    }
  }
  return means;
}

function distanceOdds(means, { mean, whitening, quantiles }) {
  const [usual, strange] = quantiles.values;
  const size = means.length;
  let distance = 0;
  for (let column = 0; column < size; column += 1) {
    let whitened = 0;
    for (let row = 0; row < size; row += 1) {
      whitened += (means[row] - mean.values[row]) * whitening.values[row * size + column];
    }
    distance += whitened ** 2;
  }
  return (BEYOND * strange - distance) * (STEEPNESS / (strange - usual));
}

// Return the log-odds of the network: linear layers with ReLU between them.
function networkOdds(means, stored) {
  let hidden = means;
  for (const layer of LAYERS) {
    const [{ values: weight }, { values: bias }] = [stored[`weight${layer}`], stored[`bias${layer}`]];
    const inputs = hidden;
    hidden = bias.map((start, row) => {
      let total = start;
      for (let i = 0; i < inputs.length; i += 1) total += inputs[i] * weight[row * inputs.length + i];
      return layer === LAYERS.at(-1) ? total : Math.max(total, 0);
    });
  }
  return hidden[0];
}

const sigmoid = (odds) => 1 / (1 + Math.exp(-odds));
