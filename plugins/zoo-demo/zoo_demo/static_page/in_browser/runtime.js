// ONNX Runtime in WebAssembly, from the folder itself.

import { InferenceSession, Tensor, env } from "./onnxruntime-web/ort.wasm.min.js";
import { readFile } from "./files.js";

const FOLDER = "onnxruntime-web";

let prepared = null;

async function prepare() {
  const packed = await readFile(`${FOLDER}/ort-wasm-simd-threaded.wasm.gzip`);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  env.wasm.wasmBinary = await new Response(stream).arrayBuffer();
  env.wasm.wasmPaths = { mjs: new URL(`${FOLDER}/ort-wasm-simd-threaded.js`, document.baseURI).href };
  // One thread, because more need headers that not every static server sends.
  env.wasm.numThreads = 1;
  env.logLevel = "error";
}

// Return the function from the pixels of an image to its logits. The program's parameters are in the
// weight file, its external data.
export async function openProgram(program, weights, [channels, height, width]) {
  await (prepared ??= prepare());
  const session = await InferenceSession.create(program, {
    executionProviders: ["wasm"],
    logSeverityLevel: 3, // errors, because warnings about a published program help nobody here
    externalData: [{ path: "model.safetensors", data: weights }],
  });
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  return async (pixels) => {
    const tensor = new Tensor("uint8", pixels, [1, channels, height, width]);
    const results = await session.run({ [input]: tensor });
    return results[output].data;
  };
}
