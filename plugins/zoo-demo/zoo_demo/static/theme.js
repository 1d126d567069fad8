// Not a module, because those run after the first paint, and the page would flash in the other colors.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("zoo-demo-theme");
  } catch { /* storage may be disabled: the system's setting applies */ }

  const isDark = () => (chosen ? chosen === "dark" : system.matches);

  function apply() {
    root.dataset.theme = isDark() ? "dark" : "light";
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
    window.dispatchEvent(new Event("themechange"));
  }

  system.addEventListener("change", apply);
  apply();

  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("zoo-demo-theme", chosen);
      } catch { /* the choice lasts until the page is closed */ }
      apply();
    });
  });
})();
