// Files of the folder, each compared with its checksum in the manifest before it is used.

import { sha256 } from "./sha256.js";

let manifest = null;

export async function readManifest() {
  manifest = JSON.parse(new TextDecoder().decode(await read("manifest.json")));
  return manifest;
}

// Return the content of a file that has the size and the checksum of the manifest.
export async function readFile(path) {
  const stated = manifest.files[path];
  if (!stated) throw new Error(`${path} is not in manifest.json. Write the folder again.`);
  const content = await read(path);
  const found = await sha256(content);
  if (found !== stated.sha256) {
    throw new Error(`checksum mismatch for ${path}: expected sha256 ${stated.sha256}, got ${found}. `
      + "The file was changed or damaged: copy or write the folder again.");
  }
  return content;
}

async function read(path) {
  let response;
  try {
    response = await fetch(path);
  } catch (fault) {
    throw new Error(`${path} could not be loaded: ${fault.message}`);
  }
  if (!response.ok) {
    throw new Error(`${path} could not be loaded: the web server responded with status ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
