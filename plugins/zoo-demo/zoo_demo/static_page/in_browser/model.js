// A model: its verified files, its session, and its answers to a drawing.

import { readFile } from "./files.js";
import { openProgram } from "./runtime.js";
import { doubtAbout, softmax } from "./verdicts.js";

export class LoadedModel {
  facts;
  card = null;
  fault = ""; // the reason why the model cannot predict
  #run = null;
  #familiarity;

  constructor(facts, familiarity) {
    this.facts = facts;
    this.#familiarity = facts.calibration ? familiarity : null;
  }

  // Load a model; one that cannot be used has a fault, so that the others still predict.
  static async load(facts, familiarity) {
    const model = new LoadedModel(facts, familiarity);
    try {
      const [program, weights, card] = await Promise.all(
        ["model.onnx", "model.safetensors", "card.json"].map((name) => readFile(`${facts.folder}/${name}`)));
      model.card = JSON.parse(new TextDecoder().decode(card));
      model.#run = await openProgram(program, weights, facts.shape);
    } catch (fault) {
      model.fault = fault.message;
    }
    return model;
  }

  // Return the logits of an image.
  logits(image) {
    return this.#run(image.data);
  }

  // Return the answer to a reading, in the form of the server's responses.
  async answer({ found, refusal }, force) {
    const { id } = this.facts;
    if (this.fault) return { id, error: this.fault };
    if (!found.length) return { id, predictions: [entry(refusal)], ms: 0 };
    const started = performance.now();
    const predictions = [];
    for (const input of found) predictions.push(await this.#predict(input, force));
    return { id, predictions, ms: performance.now() - started };
  }

  async #predict({ image, boxes, doubt }, force) {
    const { calibration, heads: [head] } = this.facts;
    const logits = await this.logits(image);
    const probabilities = softmax(logits, calibration?.temperature ?? 1);
    // Of the logits, because rounded probabilities may be equal.
    const label = logits.indexOf(Math.max(...logits));
    const confidence = Math.max(...probabilities);
    // The doubt of the image comes first, because it is the cause of the other.
    const reason = doubt || (calibration ? doubtAbout(calibration.limit, confidence, this.#familiarity?.(image)) : "");
    const heads = force || !reason ? [{ label, name: head.classes[label], probabilities }] : [];
    return { ...entry(reason), confidence, boxes, heads };
  }
}

const entry = (reason) => ({ accepted: !reason, reason, confidence: null, boxes: [], heads: [] });
