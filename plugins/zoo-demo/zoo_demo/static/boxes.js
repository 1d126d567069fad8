// Boxes around what was found, over the drawing.

import { $ } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

function rectangle({ top, left, bottom, right }, doubtful) {
  const node = document.createElementNS(SVG, "rect");
  const facts = { x: left, y: top, width: right - left, height: bottom - top };
  for (const [name, value] of Object.entries(facts)) node.setAttribute(name, value);
  if (doubtful) node.classList.add("doubtful");
  return node;
}

// Show the boxes of inputs, in pixels of the picture that was sent.
export function showBoxes(inputs, { width, height }) {
  const drawn = $("boxes");
  // The picture is centered in the drawing area, as SVG does with its view box.
  drawn.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawn.replaceChildren(...inputs.flatMap(({ boxes, doubt }) => boxes.map((box) => rectangle(box, doubt))));
}

export const clearBoxes = () => $("boxes").replaceChildren();
