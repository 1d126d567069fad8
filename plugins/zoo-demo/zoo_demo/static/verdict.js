// Verdicts in words: refusals, and the answer of most models.

const COUNTS = ["No", "One", "Both", "All three", "All four", "All five", "All six"];

// Return a reason such as "unsure: 43%, at least 97% are required" with its details in brackets.
function plain(reason) {
  const [first, ...rest] = reason.split(": ");
  return rest.length ? `${first} (${rest.join(": ")})` : first;
}

export const refusal = (reason) => `I can't read this: ${plain(reason)}.`;

// The same without the details.
const shortRefusal = (reason) => `I can't read this: ${reason.split(": ")[0]}.`;

export const guess = (reason) => `Only a guess: ${plain(reason)}.`;

// Return the text of most models and the number of these: `texts` has one entry per model.
export function majority(texts) {
  const votes = new Map();
  for (const each of texts) votes.set(each, (votes.get(each) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
}

// Return the sentence above the models.
// - `texts`: what each model predicts that accepts the drawing, and whose answer can be compared;
// - `reasons`: why each of the others refuses it;
// - `masks`: number of models whose answers cannot be compared.
export function sentence(texts, reasons, masks) {
  if (!texts.length && !masks) {
    if (!reasons.length) return "No predictions.";
    const short = new Set(reasons.map(shortRefusal));
    return short.size === 1 ? [...short][0] : "I can't read this.";
  }
  if (!texts.length) return masks === 1 ? "One model separates it." : `${masks} models separate it.`;
  const [most, votes] = majority(texts);
  const all = texts.length + reasons.length;
  if (all === 1) return `It predicts ${most}.`;
  if (votes === all) return `${COUNTS[votes] ?? `All ${votes}`} predict ${most}.`;
  if (votes === 1 && texts.length > 1) return "All predictions differ.";
  return `${votes} of ${all} ${votes === 1 ? "predicts" : "predict"} ${most}.`;
}
