// Any other task: its own words.

import { el } from "../dom.js";

export function make() {
  const node = el("p", { class: "words" });
  return {
    said: null,
    detail: node,
    empty() {
      node.textContent = "–";
    },
    show(answer) {
      node.textContent = answer.text;
    },
  };
}

export const text = (answer) => answer.text;

export const spoken = (answer) => answer.text;
