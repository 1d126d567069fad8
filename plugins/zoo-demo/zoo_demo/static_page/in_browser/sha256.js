// SHA-256. Browsers offer it only to pages from https or from this machine, so a page from any other
// address computes it here (FIPS 180-4).

export async function sha256(content) {
  const digest = globalThis.crypto?.subtle ? await crypto.subtle.digest("SHA-256", content) : computed(content);
  return [...new Uint8Array(digest)].map((value) => value.toString(16).padStart(2, "0")).join("");
}

// Return the first 32 bits of the fractional part of a number.
const fraction = (value) => Math.floor((value % 1) * 2 ** 32);

const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);

const FIRST = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const K = primes.map((prime) => fraction(Math.cbrt(prime)));

const rotated = (value, by) => (value >>> by) | (value << (32 - by));

export function computed(content) {
  const blocks = new DataView(new ArrayBuffer(((content.length + 72) >> 6) << 6));
  new Uint8Array(blocks.buffer).set(content);
  blocks.setUint8(content.length, 0x80);
  blocks.setBigUint64(blocks.byteLength - 8, BigInt(content.length) * 8n);
  const state = Uint32Array.from(FIRST);
  for (let start = 0; start < blocks.byteLength; start += 64) add(state, schedule(blocks, start));
  const result = new DataView(new ArrayBuffer(32));
  state.forEach((value, i) => result.setUint32(4 * i, value));
  return result.buffer;
}

function schedule(blocks, start) {
  const w = new Uint32Array(64);
  for (let i = 0; i < 16; i += 1) w[i] = blocks.getUint32(start + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const one = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const other = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = w[i - 16] + one + w[i - 7] + other;
  }
  return w;
}

function add(state, w) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const choice = (e & f) ^ (~e & g);
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + K[i] + w[i]) | 0;
    const other = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + other) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
}
