// Predictions in this browser: the functions of the served page's api.js, without a server.

import { $ } from "./dom.js";
import { showAbout } from "./about.js";
import { readManifest } from "./files.js";
import { loadFamiliarity } from "./familiarity.js";
import { LoadedModel } from "./model.js";
import { readDigit } from "./reading/digit.js";
import { toGray } from "./reading/pixels.js";

export const hasMistakes = false; // the folder contains no test images

let models = [];

export async function listModels() {
  announce("Loading the models…");
  // Because a drawing would be lost when the models are there.
  $("pad").inert = true;
  try {
    const modes = await loadModels();
    $("pad").inert = false;
    return { modes };
  } catch (fault) {
    announce("The models could not be loaded.");
    throw fault;
  }
}

function announce(text) {
  $("together").textContent = text;
  $("hint").textContent = "";
}

async function loadModels() {
  const manifest = await readManifest();
  const familiarity = await loadFamiliarity(manifest);
  models = [];
  for (const facts of manifest.models) models.push(await LoadedModel.load(facts, familiarity));
  const faults = models.map((model) => model.fault).filter(Boolean);
  if (faults.length === models.length) throw new Error(faults[0]);
  await warmUp(manifest.mode);
  showAbout(manifest, faults);
  return [{ ...manifest.mode, models: manifest.models }];
}

// Predict a stroke before the first one that is drawn, because compilers need a few calls.
async function warmUp({ shape }) {
  const canvas = new OffscreenCanvas(280, 280);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, 280, 280);
  context.fillStyle = "#fff";
  context.fillRect(130, 60, 22, 160);
  for (let i = 0; i < 3; i += 1) await readDrawing({ shape }, { canvas }, true);
}

export async function fetchCard(id) {
  const { facts, card, fault } = models.find((model) => model.facts.id === id);
  if (!card) throw new Error(fault);
  return { ...facts, card };
}

export async function fetchMisread() {
  throw new Error("this page has no test images");
}

// `force` asks for the answers that are refused, too.
export async function readDrawing(mode, { canvas }, force) {
  const started = performance.now();
  const context = canvas.getContext("2d");
  const reading = readDigit(toGray(context.getImageData(0, 0, canvas.width, canvas.height)));
  const prepared = performance.now();
  const answers = [];
  for (const model of models) answers.push(await model.answer(reading, force));
  const inputs = reading.found.map(({ image, boxes, doubt }) => ({ image: packed(image), boxes, doubt }));
  return { mode, inputs, preparing_ms: prepared - started, answers, all_ms: performance.now() - started };
}

// Return pixels in the form of the server's responses.
const packed = ({ data, height, width }) =>
  ({ width, height, channels: 1, pixels: btoa(String.fromCharCode(...data)) });
