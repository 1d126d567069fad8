// The gallery: what a model misreads of its test set.

import { count, drawPixels, el, percent } from "./dom.js";
import { fetchMisread } from "./api.js";

const PAGE = 48;
const PAUSE = 400; // milliseconds between two questions whether it is known by now

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
    const bar = el("progress", { "aria-label": "Test images read" });
    const text = el("p", { class: "note" }, "Loading its test set…");
    for (;;) {
      const found = await fetchMisread(this.model.id, 0, PAGE);
      if (this.#stopped || found.state === "ready") return found;
      if (found.total) {
        Object.assign(bar, { max: found.total, value: found.done });
        text.textContent = `${count(found.done)} of ${count(found.total)} test images are read…`;
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
        `${count(found.count)} of ${count(found.total)} test images are misread (${percent(right, 2)} are right), `
        + "the surest mistakes first: true → read, and how sure. Choose one to let every model read it."),
      list, more);
    left();
  }

  #item(item) {
    const canvas = el("canvas", { "aria-hidden": "true" });
    drawPixels(canvas, item.image);
    const [truth, read] = [item.true.join(" "), item.read.join(" ")];
    const label = `${truth} read as ${read}, ${percent(item.probability)} sure, test image ${item.row}`;
    return el("li", {},
      el("button", { type: "button", "aria-label": label, title: `test image ${item.row}`,
        onclick: () => this.tryImage(canvas) },
      canvas,
      el("span", { class: "pair" }, truth, el("i", {}, " → "), el("b", {}, read)),
      el("span", { class: "note" }, percent(item.probability))));
  }
}
