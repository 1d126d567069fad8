// Sums in the order of NumPy, because the place of a symmetric digit is decided by the last bit.

const BLOCK = 128; // maximum number of values that are summed without halving

// Return the sum of single- or double-precision values, in their precision.
export function pairwiseSum(values) {
  const rounded = values instanceof Float32Array ? Math.fround : (value) => value;
  return halves(values, 0, values.length, rounded);
}

function halves(values, first, count, rounded) {
  if (count <= BLOCK) return block(values.subarray(first, first + count), rounded);
  const half = (count >> 1) - ((count >> 1) % 8);
  return rounded(halves(values, first, half, rounded) + halves(values, first + half, count - half, rounded));
}

// Return the sum of a few values: eight partial sums, and then the rest.
function block(values, rounded) {
  const whole = values.length - (values.length % 8);
  let total = 0;
  if (whole) {
    let partial = values.slice(0, 8);
    for (let i = 8; i < whole; i += 1) partial[i % 8] += values[i];
    while (partial.length > 1) {
      partial = partial.filter((_, i) => i % 2 === 0).map((value, i) => value + partial[2 * i + 1]);
    }
    [total] = partial;
  }
  for (const value of values.subarray(whole)) total = rounded(total + value);
  return total;
}
