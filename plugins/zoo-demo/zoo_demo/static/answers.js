// The predictions of all models, one below the other, and the sentence above them.

import { $ } from "./dom.js";
import { showInputs } from "./inputs.js";
import { Row } from "./row.js";
import { majority, sentence } from "./verdict.js";

export class Answers {
  #mode = null;
  #rows = new Map();
  #speaking = 0;

  constructor(open) {
    this.open = open;
  }

  list(mode) {
    this.#mode = mode;
    this.#rows = new Map(mode.models.map((model) => [model.id, new Row(model, this.open)]));
    $("answers").replaceChildren(...[...this.#rows.values()].map((row) => row.item));
    const [, height, width] = mode.shape;
    $("size").textContent = `${width} × ${height} pixels`;
    this.empty();
  }

  empty() {
    showInputs([], this.#mode.shape);
    for (const row of this.#rows.values()) row.empty();
    $("together").textContent = "Nothing is drawn yet.";
    $("timing").textContent = "";
    this.#offerForce(false);
    this.#say("");
  }

  show({ inputs, answers, preparing_ms: preparing, all_ms: all }) {
    const given = answers.filter((answer) => !answer.error).map((answer) => ({ answer, row: this.#rows.get(answer.id) }));
    const refused = given.filter(({ answer }) => !answer.predictions.some((each) => each.accepted));
    const reasons = refused.map(({ answer }) => answer.predictions[0].reason);
    const texts = given.map(({ answer, row }) => row.text(answer)).filter((text) => text !== null);
    const [most] = majority(texts);
    showInputs(inputs, this.#mode.shape);
    for (const answer of answers) this.#rows.get(answer.id)?.show(answer, most, inputs.map((each) => each.image));
    const summary = sentence(texts, reasons, given.length - reasons.length - texts.length);
    $("together").textContent = summary;
    $("timing").textContent =
      `${all.toFixed(1)} ms in total, including ${preparing.toFixed(1)} ms to prepare the input.`;
    const doubted = given.some(({ answer }) => answer.predictions.some((each) => !each.accepted));
    this.#offerForce(doubted && inputs.length > 0);
    const spoken = given.map(({ answer, row }) => [answer.id, row.spoken(answer)]).filter(([, said]) => said !== null);
    this.#say(`${summary} ${spoken.map(([id, said]) => `${id}: ${said}`).join("; ")}.`);
  }

  // A guess is offered if there is one; the box stays where it was checked, to be cleared again.
  #offerForce(isRefused) {
    // Its space stays, because the rows below would move while somebody draws.
    $("forcing").classList.toggle("off", !isRefused && !$("force").checked);
  }

  // Announced after a pause, because a screen reader would read every stroke's prediction.
  #say(text) {
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => { $("live").textContent = text; }, 700);
  }
}
