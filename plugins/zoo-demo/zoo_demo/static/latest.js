// Wraps an async function so that calls during a running one collapse into a single call after it.
// Without it, a fast hand would queue hundreds of drawings.

export function newestOnly(work) {
  let busy = false;
  let again = false;
  return async function offer() {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      await work();
    }
    busy = false;
  };
}
