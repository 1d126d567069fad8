// The row of a model: what it predicts for each input that was found, and facts about it.

import { bytes, count, el, metricName, metricValue, percent, probability } from "./dom.js";
import { hasMistakes } from "./api.js";
import { viewOf } from "./heads/views.js";
import { guess, refusal } from "./verdict.js";

export class Row {
  #blocks = [];
  #parts = el("div", { class: "parts" });
  #time = el("span", { class: "time" });
  #tested;

  constructor(model, open) {
    this.model = model;
    this.#tested = tested(model);
    const link = (text, what) => el("button", {
      class: "link", type: "button", "aria-label": `${text}: ${model.id}`, onclick: () => open(model, what),
    }, text);
    this.item = el(
      "li", { class: "answer", "data-model": model.id },
      el("div", { class: "about" },
        el("h3", {}, model.id),
        el("p", { class: "facts" }, `${count(model.parameters)} parameters · ${bytes(model.bytes)}`),
        el("p", { class: "facts" }, this.#tested, this.#time),
        el("p", { class: "more" }, hasMistakes ? link("Mistakes", "misread") : null, link("Card", "card"))),
      this.#parts,
    );
  }

  empty() {
    this.item.classList.remove("differs", "failed", "done", "refused");
    this.#time.textContent = "";
    this.#resize(1);
    this.#blocks[0].empty();
  }

  // Show an answer; `most` is the text of most models, `images` are the inputs.
  show(answer, most, images) {
    this.item.classList.add("done");
    this.item.classList.toggle("failed", Boolean(answer.error));
    if (answer.error) {
      this.#resize(1);
      this.#blocks[0].fail(answer.error);
      return;
    }
    const text = this.text(answer);
    this.item.classList.toggle("differs", Boolean(most) && text !== null && text !== most);
    this.item.classList.toggle("refused", answer.predictions.some((each) => !each.accepted));
    this.#resize(answer.predictions.length);
    answer.predictions.forEach((each, i) => this.#blocks[i].show(each, images[i]));
    this.#time.textContent = `${this.#tested && " · "}${answer.ms.toFixed(1)} ms`;
  }

  // Return an answer as words to compare, with a question mark for each refused input; null if all
  // are refused, or if it cannot be compared.
  text(answer) {
    return this.#join(answer, (view, head) => view.text(head), " and ", ", ");
  }

  // Return an answer for a screen reader, likewise.
  spoken(answer) {
    return this.#join(answer, (view, head, facts) => view.spoken(head, facts), "; ", ". ");
  }

  #join({ predictions }, convert, within, between) {
    if (!predictions.some((each) => each.accepted)) return null;
    const parts = predictions.map((each) => (each.accepted
      ? each.heads.map((head, i) => convert(viewOf(this.model.heads[i]), head, this.model.heads[i])) : ["?"]));
    return parts.flat().includes(null) ? null : parts.map((each) => each.join(within)).join(between);
  }

  #resize(length) {
    while (this.#blocks.length < length) this.#blocks.push(new Block(this.model.heads));
    this.#blocks.length = length;
    this.#parts.replaceChildren(...this.#blocks.map((block) => block.node));
  }
}

// The predictions for one input.
class Block {
  #views;
  #said = el("div", { class: "said" });
  #detail = el("div", { class: "heads" });
  #verdict = el("p", { class: "verdict" });

  constructor(heads) {
    this.#views = heads.map((head) => viewOf(head).make(head));
    this.node = el("div", { class: "part" }, this.#said, el("div", { class: "body" }, this.#detail, this.#verdict));
    this.empty();
  }

  empty() {
    for (const view of this.#views) view.empty();
    this.#fill("");
  }

  fail(problem) {
    this.#mark("!", problem);
  }

  show({ accepted, reason, confidence, heads }, image) {
    if (!heads.length) {
      this.#mark("?", refusal(reason));
      return;
    }
    heads.forEach((head, i) => this.#views[i].show(head, image));
    this.#fill(accepted ? sureness(confidence, this.#views) : guess(reason));
    this.node.classList.toggle("guess", !accepted);
  }

  #fill(verdict) {
    this.node.classList.remove("none", "guess");
    this.#said.replaceChildren(...this.#views.map((view) => view.said).filter(Boolean));
    this.#detail.replaceChildren(...this.#views.map((view) => view.detail));
    this.#verdict.textContent = verdict;
  }

  #mark(sign, text) {
    this.#fill(text);
    this.node.classList.add("none");
    this.#said.replaceChildren(el("p", {}, el("b", {}, sign)));
    this.#detail.replaceChildren();
  }
}

function tested({ accuracy, scores }) {
  if (accuracy !== null) return `${percent(accuracy, 2)} accuracy`;
  return Object.entries(scores).map(([name, value]) => `${metricValue(value)} ${metricName(name)}`).join(", ");
}

// A single class has its own percentage beside it already.
function sureness(confidence, views) {
  if (confidence === null || (views.length === 1 && views[0].said)) return "";
  return `Confidence ${probability(confidence)}`;
}
