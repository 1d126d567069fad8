// A model's card: scores, recipe, environment, license, checksum.

import { bytes, count, el, metricName, metricValue, percent } from "./dom.js";
import { fetchCard } from "./api.js";

export function cardPage(model) {
  let stopped = false;
  return {
    stop() {
      stopped = true;
    },
    async fill(panel) {
      let parts;
      try {
        parts = sections(await fetchCard(model.id));
      } catch (fault) {
        parts = [el("p", { class: "trouble", role: "alert" }, fault.message)];
      }
      if (!stopped) panel.replaceChildren(...parts);
    },
  };
}

function sections({ card, bytes: size, sha256 }) {
  const { seed, ...recipe } = card.recipe;
  return [
    ...section("Scores", scoresTable(card)),
    ...(card.calibration ? section("Confidence", facts(confidence(card.calibration, card.metrics.test?.total))) : []),
    ...section("Weights", facts({
      Model: `${card.model} from ${card.plugin}`,
      Parameters: count(card.parameters),
      File: `${bytes(size)} (${count(size)} bytes)`,
      SHA256: code(sha256),
      License: card.license,
      Created: card.created?.replace("T", " ").replace("+00:00", " UTC"),
    })),
    ...section("Training", facts({
      Recipe: card.recipe_name + (card.changed.length ? ` (changed: ${card.changed.join(", ")})` : ""),
      Command: code(card.command),
      Seed: seed,
      "Other seeds": card.interval ? interval(card.interval) : undefined,
      "Epoch of the weights": `${card.epoch} of ${recipe.epochs}`,
      Duration: card.seconds === undefined ? undefined : `${card.seconds.toFixed(1)} s`,
      "Found by": card.search && `trial ${card.search.trial} of the study ${card.search.study}`,
      "Data set": `${card.dataset.name}, ${card.dataset.license}`,
    })),
    ...section("Environment", facts({ ...card.environment, ...card.versions })),
    el("details", {}, el("summary", {}, "Full recipe"), facts({ seed, ...flat(recipe) })),
    el("details", {}, el("summary", {}, "Model config"), facts(flat(card.config))),
  ];
}

const section = (title, body) => [el("h3", {}, title), body];

const code = (text) => (text ? el("code", {}, text) : undefined);

// Keys of the scores of a split that are not metrics, or counts that shares state already.
const NOT_METRICS = ["loss", "correct", "exact", "all_correct", "total", "headlines"];

function scoresTable({ metrics }) {
  const known = Object.values(metrics).at(-1) ?? {};
  const columns = Object.keys(known).filter((name) => !NOT_METRICS.includes(name)).flatMap((name) =>
    known[name].map((_, i) => ({ name, i, title: heading(name, known[name].length > 1 ? i + 1 : 0) })));
  const all = known.all_correct !== undefined && known.loss?.length > 1;
  const head = ["Split", ...columns.map(({ title }) => title), ...(all ? ["All correct"] : []), "Loss", "Images"];
  const rows = Object.entries(metrics).map(([split, scores]) => [
    split,
    ...columns.map(({ name, i }) => metricValue(scores[name]?.[i])),
    ...(all ? [percent(scores.all_correct / scores.total, 2)] : []),
    (scores.loss ?? []).map((loss) => loss?.toFixed(4) ?? "").join(" / "),
    count(scores.total),
  ]);
  const line = (cells, tag) => el("tr", {}, ...cells.map((cell, i) =>
    el(i ? tag : "th", { scope: tag === "th" ? "col" : i ? null : "row" }, cell)));
  const table = el("table", {}, el("thead", {}, line(head, "th")), el("tbody", {}, ...rows.map((row) => line(row, "td"))));
  return el("div", { class: "scroll" }, table);
}

function heading(name, head) {
  const words = metricName(name);
  if (head) return name === "accuracy" ? `Label ${head}` : `${words} ${head}`;
  return words[0].toUpperCase() + words.slice(1);
}

function confidence({ temperatures, limit, examples, test }, total) {
  const [low, high] = (test?.error_interval ?? []).map((share) => percent(share, 2));
  return {
    "Calibration error": test && `${percent(test.error, 2)} on the test images (95 % interval: ${low} to ${high})`,
    Accepted: test && `${count(test.accepted)} of ${count(total)} test images, `
      + `${percent(test.accepted_correct / Math.max(test.accepted, 1), 2)} of these correct`,
    Limit: limit
      ? `${percent(limit)} of confidence, times the familiarity of the input`
      : "none: every prediction is accepted",
    Temperature: `${temperatures.join(" / ")}, fitted on ${count(examples)} validation images`,
  };
}

function interval({ metric, seeds, mean, sd, low, high }) {
  const heads = mean.map((each, i) =>
    `${(100 * each).toFixed(2)} ± ${(100 * sd[i]).toFixed(2)} % (95 % prediction interval for one more seed: `
    + `${(100 * low[i]).toFixed(2)} to ${(100 * high[i]).toFixed(2)} %)`);
  const name = metricName(metric?.[0] ?? "accuracy");
  return `test ${name} of ${seeds.length} seeds: ${heads.join("; ")}`;
}

function facts(pairs) {
  const known = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", {}, ...known.flatMap(([name, value]) => [
    el("dt", {}, name), el("dd", {}, value instanceof Node ? value : String(value))]));
}

function flat(record, prefix = "") {
  return Object.fromEntries(Object.entries(record).flatMap(([name, value]) =>
    (value && typeof value === "object" && !Array.isArray(value)
      ? Object.entries(flat(value, `${prefix}${name}.`))
      : [[prefix + name, Array.isArray(value) ? value.join(", ") || "none" : value]])));
}
