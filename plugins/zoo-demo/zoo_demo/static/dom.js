// DOM elements, numbers and pictures. Text is never parsed as HTML, because names come from plugins.

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// What a model said, with a number below it.
export const said = (name, number) => el("p", {}, el("b", {}, name), el("span", {}, number));

export const count = (value) => Number(value).toLocaleString("en");

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

// Return a probability in percent, never rounded to certainty.
export function probability(share, digits = 1) {
  const most = 1 - 10 ** -(digits + 2);
  return share > most ? `> ${percent(most, digits)}` : percent(share, digits);
}

// Return the name of a metric for people: "mean IoU" for "mean_iou".
export const metricName = (name) => name.replaceAll("_", " ").replace(/\b(iou|cer|f1)\b/, (word) =>
  ({ iou: "IoU", cer: "CER", f1: "F1" })[word]);

// Return the value of a metric: a share in percent, any other number with five digits.
export function metricValue(value) {
  if (value === undefined || value === null) return "";
  return value >= 0 && value <= 1 ? percent(value, 2) : value.toPrecision(5);
}

export function bytes(size) {
  return size < 1e6 ? `${(size / 1e3).toFixed(0)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

// Return the bytes of pixels from the server: base64, channels last.
export const unpacked = ({ pixels }) => Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));

// Draw pixels from the server, of 1 or 3 channels.
export function drawPixels(canvas, image) {
  const { width, height, channels } = image;
  const raw = unpacked(image);
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) data.data[4 * i + c] = raw[channels * i + (c % channels)];
    data.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(data, 0, 0);
}
