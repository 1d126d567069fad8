// The page: sends drawings to the server and shows its predictions.

import { $, el } from "./dom.js";
import { listModels, readDrawing } from "./api.js";
import { Answers } from "./answers.js";
import { newestOnly } from "./latest.js";
import { Pad } from "./pad.js";
import { acceptPhotos } from "./photos.js";
import { Sheet } from "./sheet.js";

const TITLES = { "One digit": "Draw a digit", "Two digits": "Draw two digits" };
const HINTS = { "Two digits": "Draw here, one above the other" };

let task = null;
let edition = 0; // number of the drawing; responses to an older, cleared drawing are discarded

const send = newestOnly(async () => {
  if (pad.drawing.isEmpty) return;
  const [asked, era] = [task, edition];
  try {
    const file = await pad.drawing.file(pad.shape);
    const answer = await readDrawing(asked.id, file);
    if (era === edition) {
      answers.show(answer);
      complain("");
    }
  } catch (fault) {
    if (era === edition) complain(`Prediction of the drawing failed: ${fault.message}`);
  }
});

const sheet = new Sheet((image) => pad.show(image));
const answers = new Answers((model, what) => sheet.open(model, what));
const pad = new Pad(() => {
  if (!task) return;
  if (pad.drawing.isEmpty) {
    edition += 1;
    answers.empty();
    complain("");
  } else send();
});

function complain(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

function choose(chosen) {
  task = chosen;
  $("title").textContent = TITLES[task.title] ?? `Draw for ${task.title}`;
  $("hint").textContent = HINTS[task.title] ?? "Draw here";
  answers.list(task);
  pad.reshape(task.shape);
  for (const input of document.querySelectorAll("#tasks input")) input.checked = input.value === task.id;
}

function offer(tasks) {
  const choices = tasks.map((each) => el("label", {},
    el("input", { type: "radio", name: "task", value: each.id, onchange: () => choose(each) }),
    el("span", {}, each.title)));
  $("tasks").replaceChildren(...choices);
  $("tasks").hidden = tasks.length < 2;
}

$("clear").addEventListener("click", () => pad.clear());
$("undo").addEventListener("click", () => pad.undo());
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !$("sheet").open) {
    event.preventDefault();
    pad.undo();
  }
});
acceptPhotos((picture) => pad.show(picture), complain);

try {
  const { tasks } = await listModels();
  offer(tasks);
  choose(tasks[0]);
  document.body.dataset.ready = "true";
} catch (fault) {
  complain(`Loading the list of models failed: ${fault.message}`);
}
