// The footer of the page without a server: models, checksums, licenses.

import { $, bytes, el } from "./dom.js";

// Return links to the licenses, separated by commas.
const licenses = (files) => Object.entries(files).flatMap(([name, path], i) =>
  [...(i ? [", "] : []), el("a", { href: path }, name)]);

export function showAbout({ models, files, data, runtime }, faults) {
  const checked = Object.entries(files).filter(([path]) => path.startsWith("models/"));
  const rows = checked.map(([path, { sha256, bytes: size }]) =>
    [el("dt", {}, `${path}, ${bytes(size)}`), el("dd", {}, el("code", {}, sha256))]);
  $("about").replaceChildren(
    el("p", {}, models.length === 1 ? "The model is" : "The models are", " run by ", runtime.name, ` ${runtime.version} `,
      "in this browser. The page loads the files of its own folder, and nothing else. Licenses: ",
      ...licenses({ "onnxruntime-web: MIT": "onnxruntime-web/LICENSE", "zoo: MIT": "licenses/zoo.txt" }), "."),
    el("p", {}, `Trained on ${data.source}: `, ...licenses({ [data.license]: "licenses/mnist.txt" }), "."),
    el("details", {}, el("summary", {}, faults.length ? "Checksums (sha256)" : "Checksums (sha256), all verified"),
      el("dl", {}, ...rows.flat())),
    ...faults.map((fault) => el("p", { class: "trouble", role: "alert" }, fault)),
  );
}
