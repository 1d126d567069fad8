// Sequences: the symbols in a row, each with its confidence.

import { el, probability } from "../dom.js";

const UNSURE = 0.9; // a less confident symbol is marked

export function make() {
  const node = el("ol", { class: "symbols", role: "img" });
  const empty = () => {
    node.replaceChildren(symbol("–"));
    node.setAttribute("aria-label", "No string yet");
  };
  empty();
  return {
    said: null,
    detail: node,
    empty,
    show(answer) {
      const { symbols, confidences } = answer;
      node.replaceChildren(...symbols.map((each, i) => symbol(each, confidences[i])));
      if (!symbols.length) node.replaceChildren(symbol("–"));
      node.setAttribute("aria-label", spoken(answer));
    },
  };
}

// The string itself, without quotes: it has at least one symbol where it is shown.
export const text = ({ string }) => string || "nothing";

export function spoken({ symbols, confidences }) {
  const each = symbols.map((name, i) => (i in confidences ? `${name}, ${probability(confidences[i], 0)}` : name));
  return each.join("; ") || "nothing";
}

function symbol(name, share) {
  const known = share !== undefined;
  const level = el("i", { "aria-hidden": "true" }, el("i"));
  if (known) level.firstChild.style.transform = `scaleX(${share})`;
  return el("li", { class: known && share < UNSURE ? "unsure" : null, title: known ? `${name}: ${probability(share, 2)}` : null },
    el("b", {}, name), known ? level : null, known ? el("span", {}, probability(share, 0)) : null);
}
