"""The style of all pictures: colors, fonts, headings, and their output as PNG or SVG."""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from zoo_core.plugin_api import printable
from zoo_report.fonts import drawable, families, fit_text, fonts_of_browser, inert

INK = "#222222"
MUTED = "#6b6b6b"
LINES = "#dddddd"
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colors of Okabe and Ito, which readers with any color vision can distinguish."""
DASHES = ("-", "--", ":")
MARGIN = 0.25
"""Space between the content and the edge of a picture, in inches."""
HEADING = 0.8
"""Height of title and subtitle with their margins, in inches."""
PANEL_WIDTH, PANEL_HEIGHT = 5.0, 3.2
"""Size of a chart with its title and labels, in inches."""
LEGEND_COLUMNS = 4
"""Maximum number of entries in a line of a legend."""
PNG_DPI = 120
PERCENT = FuncFormatter(lambda value, _: f"{100 * value:g}%")

# A page defines these properties twice, for light and for dark mode; see templates/style.css.
_CSS = {INK: "--ink", MUTED: "--muted", LINES: "--line"} | {
    color: f"--c{i}" for i, color in enumerate(COLORS)
}


def number_text(value: float) -> str:
    """Return a number of an axis, such as 0.01, 1200, 12k or 1.5M."""
    sign = "−" if value < 0 else ""
    for size, letter, least in ((1e9, "G", 1e9), (1e6, "M", 1e6), (1e3, "k", 1e4)):
        if least <= abs(value) < 1e6 * size:
            return f"{sign}{abs(value) / size:.4g}{letter}"
    return f"{sign}{abs(value):g}"


# Not matplotlib's default, which would write 10⁻², or an offset above the axis.
PLAIN = FuncFormatter(lambda value, _: number_text(value))

Box = tuple[float, float, float, float]


def make_figure(width: float, height: float, title: str = "", subtitle: str = "") -> Figure:
    """Return an empty figure, with a heading if it has a title.

    Args:
        width: width of the figure in inches; wider if the heading needs it.
        height: height of the content below the heading, in inches.
        title: first line of the heading.
        subtitle: second line of the heading.
    """
    if title:
        heading = max(text_width(title, 12, weight="bold"), text_width(subtitle, 9.5))
        width, height = max(width, heading + 2 * MARGIN), HEADING + height
    # At 72 dpi a pixel of a transform is a point, the unit of font sizes and of SVG.
    figure = Figure(figsize=(width, height), dpi=72, facecolor="white")
    # Figure and not pyplot, because pyplot keeps figures alive and chooses a GUI backend.
    FigureCanvasAgg(figure)
    # Names of classes and models may contain "$", which is not the start of a formula.
    options: dict[str, Any] = {"x": MARGIN / width, "va": "top", "parse_math": False}
    if title:
        figure.text(y=1 - 0.2 / height, s=title, size=12, weight="bold", color=INK, **options)
        figure.text(y=1 - 0.48 / height, s=subtitle, size=9.5, color=MUTED, **options)
    return figure


def box(figure: Figure, x: float, y: float, w: float = 0, h: float = 0) -> Box:
    """Convert a box from inches to fractions of the figure.

    Args:
        figure: figure that contains the box.
        x: distance of the left edge from the figure's left edge.
        y: distance of the lower edge from the figure's lower edge.
        w: width of the box.
        h: height of the box.
    """
    width, height = figure.get_size_inches()
    return float(x / width), float(y / height), float(w / width), float(h / height)


def add_panel(figure: Figure, title: str, x: float = 0, y: float = 0) -> Axes:
    """Return the axes of a chart of the standard size, its lower left corner in inches."""
    where = box(figure, x + 0.7, y + 0.55, PANEL_WIDTH - 0.85, PANEL_HEIGHT - 0.9)
    axes = figure.add_axes(where)
    axes.set_title(title, loc="left", size=10, weight="bold", color=INK)
    style_axes(axes)
    return axes


def style_axes(axes: Axes, size: float = 9) -> None:
    """Draw a horizontal grid behind the data, and no frame above it and to its right."""
    axes.grid(axis="y", color=LINES, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=size, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def add_scale(figure: Figure, where: Box, colors: Colormap, norm: Normalize, label: str) -> Axes:
    """Draw the scale of a colormap, and return its axes."""
    bar = figure.colorbar(ScalarMappable(norm, colors), cax=figure.add_axes(where))
    bar.set_label(label, size=9, color=INK)
    bar.ax.tick_params(labelsize=8.5, color=MUTED, labelcolor=INK, length=3)
    bar.outline.set_edgecolor(LINES)
    return bar.ax


def add_legend(figure: Figure) -> None:
    """Draw the legend of the lines of all panels, each once, at the bottom of the figure."""
    pairs = [zip(*axes.get_legend_handles_labels(), strict=True) for axes in figure.axes]
    lines = {label: line for panel in pairs for line, label in panel}
    figure.legend(
        lines.values(),
        lines.keys(),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.1 / figure.get_figheight()),
        ncols=LEGEND_COLUMNS,
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
    )


def short(name: str, length: int = 16) -> str:
    """Truncate a name to at most `length` characters."""
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of text in inches, that of its longest line; `size` is in points."""
    # From the font's metrics, because a figure's size must be known before anything is drawn.
    font = FontProperties(size=size, weight=weight)
    text = drawable(text, font)
    font.set_family(families(text, font))
    measure = text_to_path.get_text_width_height_descent
    return max(float(measure(line, font, ismath=False)[0]) / 72 for line in text.split("\n"))


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file; equal figures give equal bytes."""
    fit_text(figure, drawable)
    buffer = io.BytesIO()
    # Without "Software", because the version of matplotlib would change the bytes.
    figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


def svg_file(figure: Figure, name: str) -> bytes:
    """Return a figure as an SVG file; equal figures give equal bytes."""
    fit_text(figure, drawable)
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def svg(figure: Figure, name: str, label: str) -> str:
    """Return a figure as an SVG element for an HTML page; equal figures give equal text.

    Args:
        figure: figure to convert.
        name: identifier of the picture, unique in its page.
        label: accessible name.
    """
    buffer = io.StringIO()
    fit_text(figure, inert)
    # Text stays text, because it is smaller, searchable, and follows the fonts of the page. The
    # salt keeps the hashed ids of several pictures in a page distinct, and the same every time.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}), fonts_of_browser():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    # Before the first </defs> come the XML prolog, metadata, and a style for every element "*",
    # which would apply to the whole page.
    body = buffer.getvalue().partition("</defs>")[2].partition("</svg>")[0]
    # The other ids number the artists, the same in each picture; nothing refers to them.
    body = re.sub(r' id="[\w.]+_\d+"', "", body)
    # Clipping is removed, because all content is within its axes, to reduce the page.
    body = re.sub(r' clip-path="[^"]*"|<defs>\s*<clipPath.*?</defs>', "", body, flags=re.DOTALL)
    # The font of the page is inherited.
    body = re.sub(r" font-family: [^;\"]*;?", "", body)
    body = re.sub(r": (#[0-9a-f]{6})", _variable, body)
    body = re.sub(r"\n\s*", "\n", body)  # indentation is a tenth of the size
    width, height = 72 * figure.get_size_inches()
    # 4/3 pixels per point: the physical size in CSS.
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" style="--w:{width * 4 / 3:.0f}" role="img" '
        f'aria-label="{escape(printable(label))}">{body}</svg>'
    )


def _variable(match: re.Match[str]) -> str:
    color = match[1]
    return f": var({_CSS[color]})" if color in _CSS else match[0]
