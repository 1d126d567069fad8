// Probabilities and doubts, as zoo_core/metrics/predictions.py computes them.

const UNFAMILIAR = "unlike the examples of the training";

// Return the probabilities of logits at a temperature.
export function softmax(logits, temperature) {
  const scaled = Array.from(logits, (value) => value / temperature);
  const most = Math.max(...scaled);
  const powers = scaled.map((value) => Math.exp(value - most));
  const total = powers.reduce((one, other) => one + other, 0);
  return powers.map((value) => value / total);
}

// Return the reason to refuse a prediction; empty for an accepted one. `familiarity` of the input may
// be unknown.
export function doubtAbout(limit, confidence, familiarity) {
  const sure = confidence * (familiarity ?? 1);
  if (sure >= limit) return "";
  if (familiarity !== undefined && familiarity < confidence) return UNFAMILIAR;
  // Rounded apart, so that both are never the same number.
  return `unsure: ${Math.floor(100 * sure)}%, at least ${Math.ceil(100 * limit)}% are required`;
}
