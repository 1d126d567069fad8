// The page: has drawings predicted and shows the predictions.

import { $, el } from "./dom.js";
import { listModels, readDrawing } from "./api.js";
import { Answers } from "./answers.js";
import { clearBoxes, showBoxes } from "./boxes.js";
import { newestOnly } from "./latest.js";
import { Pad } from "./pad.js";
import { acceptPhotos } from "./photos.js";
import { Sheet } from "./sheet.js";

const TITLES = { "One digit": "Draw a digit", "Two digits": "Draw two digits", Number: "Draw a number" };
const HINTS = { "Two digits": "Draw here, one above the other", Number: "Draw digits from left to right" };
const WIDE = 2; // width over height of an input from which the drawing area takes the whole page

let mode = null;
let edition = 0; // number of the drawing; responses to an older, cleared drawing are discarded

const send = newestOnly(async () => {
  if (pad.drawing.isEmpty) return;
  const [asked, era] = [mode, edition];
  try {
    const drawn = pad.drawing.rendered(pad.shape);
    const answer = await readDrawing(asked.id, drawn, $("force").checked);
    if (era === edition) {
      answers.show(answer);
      showBoxes(answer.inputs, drawn.canvas);
      complain("");
    }
  } catch (fault) {
    if (era === edition) complain(`Prediction of the drawing failed: ${fault.message}`);
  }
});

const sheet = new Sheet((image) => pad.show(image));
const answers = new Answers((model, what) => sheet.open(model, what));
const pad = new Pad(() => {
  if (!mode) return;
  if (pad.drawing.isEmpty) {
    edition += 1;
    answers.empty();
    clearBoxes();
    complain("");
  } else send();
});

function complain(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

function choose(chosen) {
  mode = chosen;
  $("title").textContent = TITLES[mode.title] ?? `Draw for ${mode.title}`;
  $("hint").textContent = HINTS[mode.title] ?? "Draw here";
  const [, height, width] = mode.shape;
  document.body.classList.toggle("wide", width / height > WIDE);
  answers.list(mode);
  pad.reshape(mode.shape);
  for (const input of document.querySelectorAll("#modes input")) input.checked = input.value === mode.id;
}

function offer(modes) {
  const choices = modes.map((each) => el("label", {},
    el("input", { type: "radio", name: "mode", value: each.id, onchange: () => choose(each) }),
    el("span", {}, each.title)));
  $("modes").replaceChildren(...choices);
  $("modes").hidden = modes.length < 2;
}

$("clear").addEventListener("click", () => pad.clear());
$("undo").addEventListener("click", () => pad.undo());
$("force").addEventListener("change", () => (pad.drawing.isEmpty ? answers.empty() : send()));
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !$("sheet").open) {
    event.preventDefault();
    pad.undo();
  }
});
acceptPhotos((picture) => pad.show(picture), complain);

try {
  const { modes } = await listModels();
  offer(modes);
  choose(modes[0]);
  document.body.dataset.ready = "true";
} catch (fault) {
  complain(`Loading the models failed: ${fault.message}`);
}
