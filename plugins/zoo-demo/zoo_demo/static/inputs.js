// The models' inputs, as pixels.

import { $, drawPixels, el } from "./dom.js";

export function showInputs(inputs, [channels, height, width]) {
  const images = inputs.length ? inputs.map((each) => each.image)
    : [{ width, height, channels, pixels: btoa("\0".repeat(channels * height * width)) }];
  const what = inputs.length ? `${width} by ${height} pixels` : "nothing yet";
  $("seen").replaceChildren(...images.map((image, i) => {
    const number = images.length > 1 ? ` ${i + 1}` : "";
    const canvas = el("canvas", { role: "img", "aria-label": `Input${number} of the models: ${what}` });
    drawPixels(canvas, image);
    return canvas;
  }));
}
