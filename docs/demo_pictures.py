"""Pictures of `zoo demo` for the documentation, taken in a browser.

``python docs/demo_pictures.py NAME…`` serves weights, draws a digit and, with models for them, two
digits and a number, and writes ``demo-light.png``, ``demo-dark.png``, ``demo-phone.png``,
``demo-masks.png`` and ``demo-number.png`` into ``docs/pictures``. It needs
``pip install '.[test]'`` and ``apt-get install chromium``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SCREEN: dict[str, Any] = {"viewport": {"width": 1200, "height": 780}}

STROKES = {
    "0": ["50,18 36,24 30,40 30,60 36,76 50,82 64,76 70,60 70,40 64,24 50,18"],
    "1": ["38,32 54,18 54,82"],
    "2": ["30,32 36,20 52,18 66,26 66,40 54,56 30,80 72,80"],
    "3": ["32,22 52,18 66,28 62,42 46,48 64,56 68,70 56,82 32,78"],
    "4": ["60,20 30,60 76,60", "62,40 60,84"],
    "5": ["68,20 40,20 36,48 50,44 64,52 68,66 58,80 44,82 32,74"],
    "7": ["28,22 72,22 45,82"],
}
"""Strokes of digits: points in percent of a square."""

Part = tuple[float, float, float, float]
"""A part of the drawing area: left, top, width and height as shares of it."""

DRAWINGS: dict[str, list[tuple[str, Part]]] = {
    "One digit": [("5", (0, 0, 1, 1))],
    "Two digits": [("4", (0, 0.03, 1, 0.55)), ("7", (0, 0.38, 1, 0.55))],
    "Number": [
        (digit, (0.03 + 0.13 * column, 0.06 + 0.46 * row, 0.13, 0.4))
        for row, digits in enumerate(("5551234", "207"))
        for column, digit in enumerate(digits)
    ],
}
"""Mode of the page -> digits and their parts."""


@contextmanager
def serving(names: Sequence[str]) -> Iterator[str]:
    """Serve weights, and yield the address of the page."""
    command = ["zoo", "demo", *names, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            if found is None:
                sys.exit("zoo demo did not start")
            yield found[0]
        finally:
            server.terminate()


def draw(page: Page, digit: str, part: Part) -> None:
    """Draw a digit into a part of the drawing area."""
    x, y, width, height = part
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    for stroke in STROKES[digit]:
        pairs = (point.split(",") for point in stroke.split())
        points = [
            (
                box["x"] + box["width"] * (x + width * int(right) / 100),
                box["y"] + box["height"] * (y + height * int(down) / 100),
            )
            for right, down in pairs
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()


def take(browser: Browser, address: str, name: str, mode: str, **options: Any) -> None:
    """Take a picture of a mode, if a model of it is served."""
    page = browser.new_page(**options)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    choice = page.get_by_label(mode, exact=True)
    if choice.count():
        choice.check()
        for digit, part in DRAWINGS[mode]:
            draw(page, digit, part)
        page.wait_for_timeout(800)  # the bars move
        page.screenshot(path=PICTURES / f"{name}.png", full_page=mode != "One digit")
    page.close()


def main() -> None:
    """Take all pictures."""
    with serving(sys.argv[1:]) as address, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        take(browser, address, "demo-light", "One digit", **SCREEN)
        take(browser, address, "demo-dark", "One digit", **SCREEN, color_scheme="dark")
        take(browser, address, "demo-phone", "One digit", **PHONE)
        take(browser, address, "demo-masks", "Two digits", **SCREEN)
        take(browser, address, "demo-number", "Number", **SCREEN)
        browser.close()


if __name__ == "__main__":
    main()
