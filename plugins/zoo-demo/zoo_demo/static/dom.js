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

export const count = (value) => Number(value).toLocaleString("en");

export function percent(share, digits = 1) {
  if (share > 0.999 && share < 1 && digits === 1) return "> 99.9 %"; // never rounded to 100 %
  return `${(100 * share).toFixed(digits)} %`;
}

export function bytes(size) {
  return size < 1e6 ? `${(size / 1e3).toFixed(0)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

// Draw pixels from the server: base64, 1 or 3 channels, channels last.
export function drawPixels(canvas, { width, height, channels, pixels }) {
  const raw = atob(pixels);
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      data.data[4 * i + c] = raw.charCodeAt(channels * i + (c % channels));
    }
    data.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(data, 0, 0);
}
