// Tensors of a safetensors file, in float32.

// Return the tensors by name, each with its shape and values.
export function parseTensors(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(content.subarray(8, start)));
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return Object.fromEntries(tensors.map(([name, { dtype, shape, data_offsets: [first, last] }]) =>
    [name, { shape, values: read(dtype, view, start + first, last - first) }]));
}

function read(dtype, view, offset, length) {
  const values = (size, value) => Float32Array.from({ length: length / size }, (_, i) => value(offset + size * i));
  if (dtype === "F32") return values(4, (place) => view.getFloat32(place, true));
  if (dtype === "F16") return values(2, (place) => half(view.getUint16(place, true)));
  throw new Error(`expected tensors F16 or F32, got ${dtype}`);
}

// Return the value of a half-precision number; not every browser has DataView.getFloat16.
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
