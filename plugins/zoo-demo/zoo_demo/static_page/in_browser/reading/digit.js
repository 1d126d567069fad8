// Reader of one digit, with the steps and the constants of zoo_mnist/photos, so that a drawing becomes
// the same model input as in Python.

import { doubtAboutDigit } from "./doubts.js";
import { maskOf } from "./grids.js";
import { fitLayout } from "./layout.js";
import { boundingBox } from "./morphology.js";
import { digitImage } from "./normalize.js";
import { findWriting } from "./writing.js";

// Return the digit in a gray image as MNIST's images, {found, refusal}.
export function readDigit(image) {
  const ready = fitLayout(image);
  if (ready) return { found: [{ image: ready, boxes: [inkBox(ready, image)], doubt: "" }], refusal: "" };
  const writing = findWriting(image);
  if (!writing) return { found: [], refusal: "no writing found" };
  const strength = writing.strength();
  const count = writing.symbols.boxes.length;
  const doubt = count > 1 ? `several digits: ${count} found` : doubtAboutDigit(writing, strength);
  const boxes = writing.symbols.boxes.map((_, symbol) => writing.box(symbol));
  return { found: [{ image: digitImage(strength), boxes, doubt }], refusal: "" };
}

// Return the place of the ink of a data set's image in a larger image of it.
function inkBox(ready, image) {
  const [top, left, bottom, right] = boundingBox(maskOf(ready, (value) => value > 0));
  const [down, across] = [image.height / ready.height, image.width / ready.width];
  return {
    top: Math.trunc(top * down),
    left: Math.trunc(left * across),
    bottom: Math.min(image.height, Math.ceil(bottom * down)),
    right: Math.min(image.width, Math.ceil(right * across)),
  };
}
