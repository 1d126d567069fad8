"""Latency of `zoo demo`, in a real browser and for many concurrent clients.

    python -m benchmarks.demo

starts the server with every model's default weights, draws in Debian's chromium, sends requests
from `CLIENTS` concurrent clients, and stores the results in ``benchmarks/demo/demo.json``. It needs
``pip install '.[test]'`` and ``apt-get install chromium``.
"""

from __future__ import annotations

import http.client
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import click
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import BaseModel, ConfigDict

from benchmarks.speed.contest import machine
from zoo_core.system.atomic_files import write_atomic

KEPT = Path(__file__).parent / "demo" / "demo.json"

MODES = {"mnist": "One digit", "two-digit-mnist": "Two digits"}

STROKES = 60
"""Number of pieces of strokes per measurement."""

CLIENTS, EACH = 50, 20
"""Number of concurrent clients, and of drawings that each sends one after another."""

ZIGZAG = [(0.3 + 0.4 * (i % 2), 0.2 + 0.6 * i / STROKES) for i in range(STROKES + 1)]
"""Positions of the pen, as fractions of the canvas."""

WATCH = """
window.watched = {events: [], sent: [], shown: []};
addEventListener("pointermove", (event) => watched.events.push(event.timeStamp), true);
const convert = OffscreenCanvas.prototype.convertToBlob;
OffscreenCanvas.prototype.convertToBlob = function (...given) {
  watched.sent.push(performance.now());
  return convert.apply(this, given);
};
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => {
    if (document.getElementById("timing").textContent) watched.shown.push(performance.now());
  }).observe(document.getElementById("timing"), {childList: true});
});
window.idle = async () => {
  while (!watched.shown.length || watched.sent.length !== watched.shown.length) {
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
};
"""
"""Script that records times: pen moved, drawing captured, prediction shown."""


class Latency(BaseModel):
    """Quantiles of milliseconds, and the number of measurements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    median: float
    p95: float
    worst: float


class Measured(BaseModel):
    """Measurements of `zoo demo`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    browser: str
    models: dict[str, tuple[str, ...]]
    """Names of the models per mode."""
    piecewise: dict[str, Latency]
    """Milliseconds from a piece of a stroke to its prediction; the pen waits for each."""
    drawing: dict[str, Latency]
    """Milliseconds from a piece of a stroke to its prediction, while the pen moves at 60 Hz."""
    first_load_bytes: int
    """Bytes that the browser downloads until the page is usable, including headers."""
    clients: int
    crowd: Latency
    """Milliseconds from sending a drawing to its prediction, with concurrent clients."""
    crowd_per_second: float
    errors: int


def latency(values: list[float]) -> Latency:
    """Return quantiles of milliseconds."""
    ordered = sorted(values)
    return Latency(
        count=len(values),
        median=round(statistics.median(values), 2),
        p95=round(ordered[int(0.95 * (len(values) - 1))], 2),
        worst=round(ordered[-1], 2),
    )


@contextmanager
def server() -> Iterator[str]:
    """Start `zoo demo` and yield its URL."""
    command = [sys.executable, "-m", "zoo_core", "demo", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()


def opened(browser: Browser, url: str) -> tuple[Page, int]:
    """Open the page, and return it with the number of downloaded bytes."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_load_state("networkidle")
    return page, int(sum(sizes))


def draw(page: Page, mode: str, *, pause: bool) -> list[float]:
    """Draw a zigzag, and return the milliseconds from each move of the pen to its prediction.

    Args:
        page: the page that `opened` returned.
        mode: mode whose canvas is used.
        pause: whether the pen waits for the prediction of each piece.
    """
    page.get_by_label(MODES[mode]).check()
    page.get_by_role("button", name="Clear").evaluate("button => button.click()")
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ZIGZAG]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.evaluate("idle()")
    page.evaluate("Object.assign(watched, {events: [], sent: [], shown: []})")
    for place in places[1:]:
        page.mouse.move(*place)
        if pause:
            page.evaluate("idle()")
        else:
            page.wait_for_timeout(1000 / 60)
    page.evaluate("idle()")
    page.mouse.up()
    watched = page.evaluate("watched")
    answered = list(zip(watched["sent"], watched["shown"], strict=True))
    return [
        next(shown for sent, shown in answered if sent >= event) - event
        for event in watched["events"]
    ]


def crowd(url: str) -> tuple[list[float], float, int]:
    """Run concurrent clients: return milliseconds per request, total seconds, and errors."""
    where = urlsplit(url)
    body = _digit()
    times: list[float] = []
    errors: list[str] = []
    start = threading.Barrier(CLIENTS + 1)

    def client() -> None:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        start.wait()
        for _ in range(EACH):
            began = time.perf_counter()
            try:
                connection.request("POST", "/api/read?mode=mnist", body)
                response = connection.getresponse()
                answers = json.loads(response.read())["answers"]
                wrong = [answer for answer in answers if answer.get("names") != ["1"]]
                if response.status != 200 or wrong:
                    errors.append(f"{response.status}: {wrong}")
            except (OSError, http.client.HTTPException, KeyError, ValueError) as exc:
                errors.append(repr(exc))
                connection.close()
            times.append(1000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    for error in sorted(set(errors))[:5]:
        click.echo(error, err=True)
    return times, time.perf_counter() - began, len(errors)


def measure() -> Measured:
    """Return all measurements."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("there is no chromium; apt-get install chromium")
    with server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, size = opened(browser, url)
        modes = page.evaluate("fetch('/api/models').then((answer) => answer.json())")["modes"]
        for mode in MODES:
            draw(page, mode, pause=True)  # warms up the browser
        piecewise = {mode: latency(draw(page, mode, pause=True)) for mode in MODES}
        drawing = {mode: latency(draw(page, mode, pause=False)) for mode in MODES}
        version = browser.version
        browser.close()
        times, seconds, errors = crowd(url)
    return Measured(
        machine=machine(),
        browser=f"Chromium {version}",
        models={mode["id"]: tuple(m["id"] for m in mode["models"]) for mode in modes},
        piecewise=piecewise,
        drawing=drawing,
        first_load_bytes=size,
        clients=CLIENTS,
        crowd=latency(times),
        crowd_per_second=round(len(times) / seconds, 1),
        errors=errors,
    )


def table(measured: Measured) -> str:
    """Return measurements as lines of text."""
    rows = [
        *((f"{mode}, a piece at a time", each) for mode, each in measured.piecewise.items()),
        *((f"{mode}, 60 moves a second", each) for mode, each in measured.drawing.items()),
        (f"{measured.clients} clients at once", measured.crowd),
    ]
    lines = [f"{'milliseconds':<38}{'count':>7}{'median':>9}{'95 %':>9}{'worst':>9}"]
    lines += [
        f"{name:<38}{each.count:>7}{each.median:>9.1f}{each.p95:>9.1f}{each.worst:>9.1f}"
        for name, each in rows
    ]
    lines.append(
        f"First load: {measured.first_load_bytes:,} bytes. {measured.clients} clients: "
        f"{measured.crowd_per_second:.0f} drawings a second, {measured.errors} errors."
    )
    return "\n".join(lines)


def _digit() -> bytes:
    """Return a drawing of a 1, in the format that the page sends."""
    image = Image.new("L", (280, 280))
    ImageDraw.Draw(image).line([(150, 50), (135, 230)], fill=255, width=22)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@click.command()
def main() -> None:
    """Measure the latency of `zoo demo` and store it."""
    measured = measure()
    KEPT.parent.mkdir(exist_ok=True)
    write_atomic(KEPT, (measured.model_dump_json(indent=1) + "\n").encode())
    click.echo(table(measured))


if __name__ == "__main__":
    main()
