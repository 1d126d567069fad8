// The gallery of misclassified test images.

import { count, drawPixels, el, percent } from "./dom.js";
import { fetchMisread } from "./api.js";

const PAGE = 48;
const PAUSE = 400; // milliseconds between two requests while the server computes

export class Misread {
  #stopped = false;

  constructor(model, tryImage) {
    this.model = model;
    this.tryImage = tryImage;
  }

  stop() {
    this.#stopped = true;
  }

  async fill(panel) {
    try {
      const found = await this.#wait(panel);
      if (!this.#stopped) this.#list(panel, found);
    } catch (fault) {
      if (!this.#stopped) panel.replaceChildren(el("p", { class: "trouble", role: "alert" }, fault.message));
    }
  }

  async #wait(panel) {
    const bar = el("progress", { "aria-label": "Predicted test images" });
    const text = el("p", { class: "note" }, "Loading the test set…");
    for (;;) {
      const found = await fetchMisread(this.model.id, 0, PAGE);
      if (this.#stopped || found.state === "ready") return found;
      if (found.total) {
        Object.assign(bar, { max: found.total, value: found.done });
        text.textContent = `${count(found.done)} of ${count(found.total)} test images predicted…`;
      }
      if (!bar.isConnected) panel.replaceChildren(el("div", { class: "waiting" }, bar, text));
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    }
  }

  #list(panel, found) {
    const right = (found.total - found.count) / found.total;
    const list = el("ul", { class: "gallery" }, ...found.items.map((item) => this.#item(item)));
    const more = el("button", { type: "button", class: "wide" }, "Show more");
    const left = () => {
      more.hidden = list.children.length >= found.count;
    };
    more.addEventListener("click", async () => {
      more.disabled = true;
      try {
        const next = await fetchMisread(this.model.id, list.children.length, PAGE);
        list.append(...next.items.map((item) => this.#item(item)));
      } catch (fault) {
        more.before(el("p", { class: "trouble", role: "alert" }, fault.message));
      }
      more.disabled = false;
      left();
    });
    panel.replaceChildren(
      el("p", { class: "summary" },
        `${count(found.count)} of ${count(found.total)} test images are misclassified (accuracy ${percent(right, 2)}). `
        + "The most confident mistakes come first: true → predicted class, and its probability. "
        + "Click an image to predict it with every model."),
      ...found.notes.map((note) => el("p", { class: "note" }, `Note: ${note}.`)),
      list, more);
    left();
  }

  #item(item) {
    const canvas = el("canvas", { "aria-hidden": "true" });
    drawPixels(canvas, item.image);
    const [truth, read] = [item.true.join(" "), item.read.join(" ")];
    const label = `${truth} predicted as ${read}, probability ${percent(item.probability)}, test image ${item.row}`;
    return el("li", {},
      el("button", { type: "button", "aria-label": label, title: `test image ${item.row}`,
        onclick: () => this.tryImage(canvas) },
      canvas,
      el("span", { class: "pair" }, truth, el("i", {}, " → "), el("b", {}, read)),
      el("span", { class: "note" }, percent(item.probability))));
  }
}
