// Image files that are chosen, dropped or pasted.

import { $ } from "./dom.js";

export function acceptPhotos(take, refuse) {
  async function read(file) {
    if (!file) return;
    try {
      take(await createImageBitmap(file));
    } catch {
      refuse(`${file.name || "The file"} is not an image that this browser can open.`);
    }
  }

  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", (event) => {
    read(event.target.files[0]);
    event.target.value = ""; // so that the same file can be chosen again
  });

  const pad = $("pad");
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    pad.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) pad.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    pad.classList.remove("over");
    read(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    read(files.find((file) => file.type.startsWith("image/")));
  });
}
