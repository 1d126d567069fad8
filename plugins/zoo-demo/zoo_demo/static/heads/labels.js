// Multi-label classification: the present labels, and a chip per probable label.

import { el, probability, said } from "../dom.js";

const LEAST = 0.01; // minimum probability of a label with a chip
const MOST = 12; // maximum number of chips

export function make(head) {
  const top = said("–", "");
  const node = el("ul", { class: "chips", "aria-label": "Labels and their probabilities" });
  return {
    said: top,
    detail: node,
    empty() {
      top.replaceChildren(...said("–", "").children);
      node.replaceChildren();
    },
    show({ labels, names, probabilities }) {
      top.replaceChildren(...said(names.join(" ") || "none", "").children);
      const ranked = head.classes.map((name, i) => ({ name, share: probabilities[i], chosen: labels.includes(i) }))
        .filter(({ share, chosen }) => chosen || share >= LEAST)
        .sort((a, b) => b.chosen - a.chosen || b.share - a.share);
      node.replaceChildren(...ranked.slice(0, MOST).map(({ name, share, chosen }) =>
        el("li", { class: chosen ? "chosen" : null }, el("b", {}, name), ` ${probability(share)}`)));
    },
  };
}

export const text = ({ names }) => names.join(" and ") || "none";

export const spoken = ({ names }) => names.join(" and ") || "none of the labels";
