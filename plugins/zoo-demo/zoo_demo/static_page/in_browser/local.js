// Not a module, because browsers refuse modules to a page that is opened as a file.
addEventListener("DOMContentLoaded", () => {
  if (location.protocol !== "file:") return;
  document.getElementById("together").textContent = "This page needs a web server.";
  document.getElementById("pad").inert = true;
  const trouble = document.getElementById("trouble");
  trouble.hidden = false;
  trouble.textContent = "Browsers do not load this page's parts from files. Start a web server in the folder, "
    + "for example python -m http.server, and open http://localhost:8000/.";
});
