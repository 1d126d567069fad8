// The side panel of one model: its mistakes and its card.

import { $, el } from "./dom.js";
import { hasMistakes } from "./api.js";
import { cardPage } from "./card.js";
import { Misread } from "./misread.js";

const TABS = hasMistakes ? ["misread", "card"] : ["card"];

export class Sheet {
  #model = null;
  #shown = null; // the open tab's content, which may still be loading

  constructor(tryImage) {
    this.tryImage = (image) => {
      $("sheet").close();
      tryImage(image);
    };
    $("tab-misread").hidden = !hasMistakes;
    $("sheet-close").addEventListener("click", () => $("sheet").close());
    $("sheet").addEventListener("close", () => this.#shown?.stop());
    $("sheet").addEventListener("click", (event) => {
      if (event.target === $("sheet")) $("sheet").close(); // a click on the backdrop
    });
    for (const [i, name] of TABS.entries()) {
      const tab = $(`tab-${name}`);
      tab.addEventListener("click", () => this.#show(name));
      tab.addEventListener("keydown", (event) => {
        if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
        const other = TABS[(i + 1) % TABS.length];
        this.#show(other);
        $(`tab-${other}`).focus();
      });
    }
  }

  open(model, what) {
    this.#model = model;
    $("sheet-title").textContent = model.id;
    $("sheet").showModal();
    this.#show(what);
    $(`tab-${what}`).focus();
  }

  #show(name) {
    this.#shown?.stop();
    for (const each of TABS) {
      const tab = $(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
    }
    const panel = $("panel");
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    panel.replaceChildren(el("p", { class: "note" }, "…"));
    panel.scrollTop = 0;
    const page = name === "misread" ? new Misread(this.#model, this.tryImage) : cardPage(this.#model);
    this.#shown = page;
    page.fill(panel);
  }
}
