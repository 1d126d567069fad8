// Requests to the server.

export const hasMistakes = true;

const QUALITY = 0.92; // of a photo as JPEG

async function answered(response) {
  const facts = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(facts.error ?? `the server responded with status ${response.status}`);
  return facts;
}

export const listModels = async () => answered(await fetch("/api/models"));

const path = (id, what) => `/api/models/${encodeURIComponent(id)}/${what}`;

export const fetchCard = async (id) => answered(await fetch(path(id, "card")));

export const fetchMisread = async (id, start, number) =>
  answered(await fetch(`${path(id, "misread")}?start=${start}&count=${number}`));

// `force` asks for the answers that are refused, too.
export async function readDrawing(mode, { canvas, type }, force) {
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  const url = `/api/read?mode=${encodeURIComponent(mode)}${force ? "&force=1" : ""}`;
  const headers = { "content-type": blob.type || "application/octet-stream" };
  return answered(await fetch(url, { method: "POST", body: blob, headers }));
}
