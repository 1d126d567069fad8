// Classification: the most probable class, and a bar per class.

import { el, probability, said } from "../dom.js";

export function make(head) {
  const top = said("–", "");
  const { node, draw } = bars(head.classes);
  return {
    said: top,
    detail: node,
    empty() {
      top.replaceChildren(...said("–", "").children);
      draw(head.classes.map(() => 0), -1);
      node.setAttribute("aria-label", "Probabilities: none yet");
    },
    show({ name, label, probabilities }) {
      top.replaceChildren(...said(name, probability(probabilities[label])).children);
      draw(probabilities, label);
      const ranked = head.classes.map((each, i) => [each, probabilities[i]]).sort((a, b) => b[1] - a[1]);
      const first = ranked.slice(0, 3).map(([each, share]) => `${each} ${probability(share)}`);
      node.setAttribute("aria-label", `Probabilities: ${first.join(", ")}`);
    },
  };
}

export const text = (answer) => answer.name;

export const spoken = ({ name, label, probabilities }) => `${name}, ${probability(probabilities[label], 0)}`;

function bars(names) {
  const columns = names.map((name) => el("span", { class: "bar" }, el("i"), el("em", {}, name)));
  const draw = (shares, best) => columns.forEach((column, i) => {
    column.firstChild.style.transform = `scaleY(${shares[i]})`;
    column.classList.toggle("best", i === best);
    column.title = `${names[i]}: ${probability(shares[i], 2)}`;
  });
  return { node: el("div", { class: "bars", role: "img" }, ...columns), draw };
}
