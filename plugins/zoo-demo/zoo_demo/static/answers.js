// The predictions of all models, side by side.

import { $, bytes, count, drawPixels, el, percent } from "./dom.js";

export class Answers {
  #task = null;
  #rows = new Map();
  #speaking = 0;

  constructor(open) {
    this.open = open;
  }

  list(task) {
    this.#task = task;
    this.#rows = new Map(task.models.map((model) => [model.id, this.#row(model)]));
    $("answers").replaceChildren(...[...this.#rows.values()].map((row) => row.item));
    const [, height, width] = task.shape;
    $("size").textContent = `${width} × ${height} pixels`;
    this.empty();
  }

  empty() {
    const [channels, height, width] = this.#task.shape;
    const pixels = btoa("\0".repeat(channels * height * width));
    this.#give({ width, height, channels, pixels }, "nothing yet");
    for (const row of this.#rows.values()) row.empty();
    $("together").textContent = "Nothing is drawn yet.";
    $("timing").textContent = "";
    this.#say("");
  }

  show({ image, answers, preparing_ms: preparing, all_ms: all }) {
    const given = answers.filter((answer) => !answer.error);
    const [most, votes] = majority(given);
    this.#give(image, `${image.width} by ${image.height} pixels`);
    for (const answer of answers) this.#rows.get(answer.id)?.show(answer, most);
    $("together").textContent = sentence(given, most, votes);
    $("timing").textContent =
      `${all.toFixed(1)} ms in total, including ${preparing.toFixed(1)} ms to crop and center.`;
    this.#say(`${sentence(given, most, votes)} ${given.map((answer) => spoken(answer)).join("; ")}.`);
  }

  #give(image, what) {
    drawPixels($("seen"), image);
    $("seen").setAttribute("aria-label", `Input of the models: ${what}`);
  }

  // Announced after a pause, because a screen reader would read every stroke's prediction.
  #say(text) {
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => { $("live").textContent = text; }, 700);
  }

  #row(model) {
    const [, height, width] = this.#task.shape;
    const said = el("div", { class: height > width ? "said" : "said beside" });
    const time = el("span", { class: "time" });
    const tested = model.accuracy === null ? "" : `${percent(model.accuracy, 2)} accuracy`;
    const heads = this.#task.classes.map((names) => bars(names));
    const item = el(
      "li", { class: "answer", "data-model": model.id },
      said,
      el("div", { class: "about" },
        el("h3", {}, model.id),
        el("p", { class: "facts" }, `${count(model.parameters)} parameters · ${bytes(model.bytes)}`),
        el("p", { class: "facts" }, tested, time),
        el("p", { class: "more" },
          this.#link("Mistakes", "misread", model), this.#link("Card", "card", model))),
      el("div", { class: "heads" }, ...heads.map((head) => head.node)),
    );
    return {
      item,
      empty() {
        item.classList.remove("differs", "failed", "done");
        said.replaceChildren(...heads.map(() => one("–", "")));
        time.textContent = "";
        heads.forEach((head) => head.empty());
      },
      show(answer, most) {
        item.classList.add("done");
        item.classList.toggle("failed", Boolean(answer.error));
        if (answer.error) {
          said.replaceChildren(one("!", answer.error));
          return;
        }
        item.classList.toggle("differs", words(answer.names) !== most);
        said.replaceChildren(...answer.names.map((name, i) =>
          one(name, percent(answer.probabilities[i][answer.labels[i]]))));
        time.textContent = `${tested && " · "}${answer.ms.toFixed(1)} ms`;
        heads.forEach((head, i) => head.show(answer.probabilities[i], answer.labels[i]));
      },
    };
  }

  #link(text, what, model) {
    const onclick = () => this.open(model, what);
    return el("button", { class: "link", type: "button", "aria-label": `${text}: ${model.id}`, onclick }, text);
  }
}

const one = (name, sure) => el("p", {}, el("b", {}, name), el("span", {}, sure));

const NUMBERS = ["No", "One", "Both", "All three", "All four", "All five", "All six"];

const words = (names) => names.join(" and ");

function bars(names) {
  const columns = names.map((name) => el("span", { class: "bar" }, el("i"), el("em", {}, name)));
  const node = el("div", { class: "bars", role: "img" }, ...columns);
  const draw = (shares, best) => columns.forEach((column, i) => {
    column.firstChild.style.transform = `scaleY(${shares[i]})`;
    column.classList.toggle("best", i === best);
    column.title = `${names[i]}: ${percent(shares[i], 2)}`;
  });
  return {
    node,
    empty() {
      draw(names.map(() => 0), -1);
      node.setAttribute("aria-label", "Probabilities: none yet");
    },
    show(shares, best) {
      draw(shares, best);
      const ranked = names.map((name, i) => [name, shares[i]]).sort((a, b) => b[1] - a[1]);
      const said = ranked.slice(0, 3).map(([name, share]) => `${name} ${percent(share)}`);
      node.setAttribute("aria-label", `Probabilities: ${said.join(", ")}`);
    },
  };
}

function majority(answers) {
  const votes = new Map();
  for (const { names } of answers) {
    const predicted = words(names);
    votes.set(predicted, (votes.get(predicted) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
}

function sentence(answers, most, votes) {
  if (!answers.length) return "No predictions.";
  if (answers.length === 1) return `It predicts ${most}.`;
  if (votes === answers.length) return `${NUMBERS[votes] ?? `All ${votes}`} predict ${most}.`;
  if (votes === 1) return "All predictions differ.";
  return `${votes} of ${answers.length} predict ${most}.`;
}

function spoken({ id, names, labels, probabilities }) {
  return `${id}: ${names.map((name, i) => `${name}, ${percent(probabilities[i][labels[i]], 0)}`).join("; ")}`;
}
