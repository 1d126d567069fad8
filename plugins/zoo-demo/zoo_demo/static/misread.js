// The gallery of mistakes: wrongly predicted test images, or those with the worst scores.

import { count, drawPixels, el, metricName, metricValue, percent, probability } from "./dom.js";
import { fetchMisread } from "./api.js";
import { drawMask } from "./heads/mask.js";

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
    const [, height, width] = this.model.shape;
    const list = el("ul", { class: width > 2 * height ? "gallery wide" : "gallery" },
      ...found.items.map((item) => this.#item(item, found.measure)));
    const more = el("button", { type: "button", class: "wide" }, "Show more");
    const left = () => {
      more.hidden = list.children.length >= found.count;
    };
    more.addEventListener("click", async () => {
      more.disabled = true;
      try {
        const next = await fetchMisread(this.model.id, list.children.length, PAGE);
        list.append(...next.items.map((item) => this.#item(item, found.measure)));
      } catch (fault) {
        more.before(el("p", { class: "trouble", role: "alert" }, fault.message));
      }
      more.disabled = false;
      left();
    });
    panel.replaceChildren(
      el("p", { class: "summary" }, `${summary(found)} Click an image to predict it with every model.`),
      ...found.notes.map((note) => el("p", { class: "note" }, `Note: ${note}.`)),
      list, more);
    left();
  }

  #item(item, measure) {
    const image = el("canvas", { "aria-hidden": "true" });
    drawPixels(image, item.image);
    const masks = (item.masks ?? []).map((mask) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      drawMask(canvas, mask, item.image);
      return canvas;
    });
    const [truth, read] = [item.true.join(" "), item.read.join(" ")];
    const value = measure ? `${metricName(measure)} ${metricValue(item.value)}` : probability(item.value);
    const label = `${truth} predicted as ${read}, ${measure ? "" : "probability "}${value}, test image ${item.row}`;
    const words = el("span", { class: "pair" }, truth, el("i", {}, " → "), el("b", {}, read));
    return el("li", {},
      el("button", { type: "button", "aria-label": label, title: `test image ${item.row}`,
        onclick: () => this.tryImage(image) },
      masks.length ? el("span", { class: "masks" }, ...masks) : image,
      masks.length ? null : words,
      el("span", { class: "note" }, value)));
  }
}

function summary({ count: listed, total, measure }) {
  if (measure) {
    return `The ${count(listed)} of ${count(total)} test images with the worst ${metricName(measure)}: `
      + "the true mask on the left, the predicted one on the right.";
  }
  const right = (total - listed) / total;
  return `${count(listed)} of ${count(total)} test images are wrongly predicted (accuracy ${percent(right, 2)}). `
    + "The most confident mistakes come first: true → predicted, and its probability.";
}
