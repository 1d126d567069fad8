// While one drawing is being read, only the newest of those that follow it is sent after it.

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
