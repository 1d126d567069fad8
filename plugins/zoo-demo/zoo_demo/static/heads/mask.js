// Segmentation: the class of each pixel as a color over the input, and a legend.

import { drawPixels, el, percent, unpacked } from "../dom.js";

// Those of zoo-report's pictures, the same on a light and on a dark page.
const PALETTE = ["#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#edc948", "#76b7b2", "#ff9da7"];

export function make(head) {
  const canvas = el("canvas", { role: "img", "aria-label": "Mask: nothing yet" });
  const legend = el("ul", { class: "legend", "aria-label": "Classes of the mask" });
  const rows = head.classes.map((name, i) => {
    const swatch = el("i", { "aria-hidden": "true" });
    swatch.style.background = css(i);
    const share = el("span", {});
    legend.append(el("li", {}, swatch, el("b", {}, name), share));
    return share;
  });
  return {
    said: el("figure", { class: "mask" }, canvas),
    detail: legend,
    empty() {
      drawPixels(canvas, { width: 1, height: 1, channels: 1, pixels: btoa("\0") });
      canvas.setAttribute("aria-label", "Mask: nothing yet");
      for (const share of rows) share.textContent = "";
    },
    show(answer, image) {
      drawMask(canvas, answer.mask, image);
      canvas.setAttribute("aria-label", `Mask: ${spoken(answer, head)}`);
      rows.forEach((share, i) => { share.textContent = percent(answer.shares[i]); });
    },
  };
}

export const text = () => null; // a mask is not equal to another in every pixel

export const spoken = ({ shares }, head) =>
  head.classes.map((name, i) => `${name} ${percent(shares[i], 0)}`).join(", ");

// Draw the classes of a mask over its input. The first class is the background, whose pixels stay
// as they are, so that the colors of the others stand out.
export function drawMask(canvas, mask, image) {
  const [classes, input] = [unpacked(mask), unpacked(image)];
  const data = new ImageData(mask.width, mask.height);
  for (let i = 0; i < classes.length; i += 1) {
    const gray = input[image.channels * i] ?? 0;
    const color = classes[i] ? rgb(classes[i]) : null;
    for (let c = 0; c < 3; c += 1) {
      data.data[4 * i + c] = color ? color[c] * (0.5 + gray / 510) : gray / 3;
    }
    data.data[4 * i + 3] = 255;
  }
  Object.assign(canvas, { width: mask.width, height: mask.height });
  canvas.getContext("2d").putImageData(data, 0, 0);
}

function rgb(index) {
  const value = parseInt(PALETTE[index % PALETTE.length].slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

const css = (index) => (index ? PALETTE[index % PALETTE.length] : "#222");
