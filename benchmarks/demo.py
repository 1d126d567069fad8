"""How soon `zoo demo` answers a stroke, in a real browser and for many clients at once.

    python -m benchmarks.demo

starts the server with every model's default weights, draws in Debian's chromium, then asks as
`CLIENTS` clients at once, and keeps what was measured in ``benchmarks/demo/demo.json``. It needs
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

TASKS = {"mnist": "One digit", "two-digit-mnist": "Two digits"}

STROKES = 60
"""Pieces of strokes that are drawn for each figure."""

CLIENTS, EACH = 50, 20
"""How many ask at once, and how many drawings each sends, one after another."""

ZIGZAG = [(0.3 + 0.4 * (i % 2), 0.2 + 0.6 * i / STROKES) for i in range(STROKES + 1)]
"""Where the pen is led, as shares of the canvas."""

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
"""Notes when the pen moved, when a drawing was taken to be sent, and when an answer was shown."""


class Latency(BaseModel):
    """Milliseconds, of how many measurements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    median: float
    p95: float
    worst: float


class Measured(BaseModel):
    """What was measured of `zoo demo`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    browser: str
    models: dict[str, tuple[str, ...]]
    """By task, those that answer."""
    piecewise: dict[str, Latency]
    """From a piece of a stroke to the answer in the page, each drawn when the last was answered."""
    drawing: dict[str, Latency]
    """Likewise, while the pen moves 60 times a second."""
    first_load_bytes: int
    """Of all that the browser fetches until the page can be used, headers too."""
    clients: int
    crowd: Latency
    """From a drawing sent to its answer, of that many clients at once."""
    crowd_per_second: float
    errors: int


def latency(values: list[float]) -> Latency:
    """Return what is kept of milliseconds."""
    ordered = sorted(values)
    return Latency(
        count=len(values),
        median=round(statistics.median(values), 2),
        p95=round(ordered[int(0.95 * (len(values) - 1))], 2),
        worst=round(ordered[-1], 2),
    )


@contextmanager
def server() -> Iterator[str]:
    """Start `zoo demo` and give its URL."""
    command = [sys.executable, "-m", "zoo_core", "demo", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()


def opened(browser: Browser, url: str) -> tuple[Page, int]:
    """Open the page, and return it with the bytes that this took."""
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


def draw(page: Page, task: str, *, pause: bool) -> list[float]:
    """Draw a zigzag, and return the milliseconds from each move of the pen to its answer.

    Args:
        page: as `opened` gives it.
        task: whose canvas.
        pause: whether the pen waits until each piece is answered.
    """
    page.get_by_label(TASKS[task]).check()
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
    """Ask as many clients at once: milliseconds of each answer, seconds of all, and errors."""
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
                connection.request("POST", "/api/read?task=mnist", body)
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
    """Measure everything."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("there is no chromium; apt-get install chromium")
    with server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, size = opened(browser, url)
        tasks = page.evaluate("fetch('/api/models').then((answer) => answer.json())")["tasks"]
        for task in TASKS:
            draw(page, task, pause=True)  # warms up the browser
        piecewise = {task: latency(draw(page, task, pause=True)) for task in TASKS}
        drawing = {task: latency(draw(page, task, pause=False)) for task in TASKS}
        version = browser.version
        browser.close()
        times, seconds, errors = crowd(url)
    return Measured(
        machine=machine(),
        browser=f"Chromium {version}",
        models={task["id"]: tuple(m["id"] for m in task["models"]) for task in tasks},
        piecewise=piecewise,
        drawing=drawing,
        first_load_bytes=size,
        clients=CLIENTS,
        crowd=latency(times),
        crowd_per_second=round(len(times) / seconds, 1),
        errors=errors,
    )


def table(measured: Measured) -> str:
    """Return what was measured as lines."""
    rows = [
        *((f"{task}, a piece at a time", each) for task, each in measured.piecewise.items()),
        *((f"{task}, 60 moves a second", each) for task, each in measured.drawing.items()),
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
    """Return a drawing of a 1, as the page would send it."""
    image = Image.new("L", (280, 280))
    ImageDraw.Draw(image).line([(150, 50), (135, 230)], fill=255, width=22)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@click.command()
def main() -> None:
    """Measure how soon `zoo demo` answers, and keep it."""
    measured = measure()
    KEPT.parent.mkdir(exist_ok=True)
    write_atomic(KEPT, (measured.model_dump_json(indent=1) + "\n").encode())
    click.echo(table(measured))


if __name__ == "__main__":
    main()
