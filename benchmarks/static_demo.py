"""Latency of the page that `zoo demo --static` writes, in a real browser.

    python -m benchmarks.static_demo

writes a page with `MODEL`, serves it by Python's plain web server, and opens it `RUNS` times in
Debian's chromium, each time without a cache. It needs ``pip install '.[test]'`` and
``apt-get install chromium``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.demo import STROKES, ZIGZAG, latency
from benchmarks.speed.contest import machine

MODEL = "cnn.best"

RUNS = 9
"""Number of times that the page is opened."""

WATCH = """
window.watched = {events: [], shown: [], ready: 0};
for (const kind of ["pointerdown", "pointermove"]) {
  addEventListener(kind, (event) => event.buttons && watched.events.push(event.timeStamp), true);
}
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => { watched.ready ||= performance.now(); })
    .observe(document.body, {attributeFilter: ["data-ready"]});
  new MutationObserver(() => {
    if (document.getElementById("timing").textContent) watched.shown.push(performance.now());
  }).observe(document.getElementById("timing"), {childList: true});
});
window.answered = async (count) => {
  while (watched.shown.length < count) await new Promise((resolve) => { setTimeout(resolve, 2); });
};
"""
"""Script that records times: pen moved, page ready, prediction shown."""


class Run(NamedTuple):
    """Milliseconds of one opening of the page.

    Attributes:
        ready: from the navigation until the page can predict.
        first: from the pen's first contact to the first prediction.
        later: from each further piece of the stroke to its prediction; the pen waits for it.
        bytes: bytes that the browser downloads, including headers.
    """

    ready: float
    first: float
    later: list[float]
    bytes: int


@contextmanager
def server() -> Iterator[str]:
    """Write and serve a page, and yield its URL."""
    with tempfile.TemporaryDirectory(prefix="zoo-static-") as scratch:
        folder = Path(scratch) / "page"
        command = [sys.executable, "-m", "zoo_core", "demo", MODEL, "--static", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        serve = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
        process = subprocess.Popen(
            [*serve, "--directory", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            port = process.stdout.readline().split()[5]  # Serving HTTP on 127.0.0.1 port …
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def open_and_draw(browser: Browser, url: str) -> Run:
    """Open the page without a cache, draw a zigzag, and return the times."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    sizes: list[int] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    times = _draw(page)
    ready = float(page.evaluate("watched.ready"))
    context.close()
    return Run(ready, times[0], times[1:], int(sum(sizes)))


def _draw(page: Page) -> list[float]:
    """Return the milliseconds from each piece of a zigzag to its prediction."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    # In the upper left quarter, so that the drawing is not centered and has to be normalized.
    places = [
        (box["x"] + x * box["width"] / 2, box["y"] + y * box["height"] / 2) for x, y in ZIGZAG
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for count, place in enumerate(places[1:], 1):
        page.evaluate("(count) => answered(count)", count)
        page.mouse.move(*place)
    page.evaluate("(count) => answered(count)", len(places))
    page.mouse.up()
    watched = page.evaluate("watched")
    pairs = zip(watched["events"], watched["shown"], strict=True)
    return [shown - event for event, shown in pairs]


def measure() -> str:
    """Return all measurements as lines of text."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("there is no chromium; apt-get install chromium")
    with server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        runs = [open_and_draw(browser, url) for _ in range(RUNS)]
        version = browser.version
        browser.close()
    rows = {
        "until the page can predict": [run.ready for run in runs],
        "first contact to first prediction": [run.first for run in runs],
        f"each of {STROKES} further pieces": [each for run in runs for each in run.later],
    }
    lines = [f"{'milliseconds':<38}{'count':>7}{'median':>9}{'95 %':>9}{'worst':>9}"]
    for name, values in rows.items():
        found = latency(values)
        times = f"{found.median:>9.1f}{found.p95:>9.1f}{found.worst:>9.1f}"
        lines.append(f"{name:<38}{found.count:>7}{times}")
    lines.append(f"{MODEL}: {runs[0].bytes:,} bytes. Chromium {version}, {machine()}")
    return "\n".join(lines)


@click.command()
def main() -> None:
    """Measure the latency of the page that `zoo demo --static` writes."""
    click.echo(measure())


if __name__ == "__main__":
    main()
