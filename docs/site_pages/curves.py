"""Learning curves of a model's published weights, drawn by zoo-report as SVG."""

from __future__ import annotations

from html import escape

from site_pages.published import Model
from zoo_core.filenames import METRICS

try:  # an installation without zoo-report has a gallery without learning curves
    from zoo_report.charts import charts_of
    from zoo_report.curves import Curve, curve_elements, legend_of, mean_curve
    from zoo_report.history import read_history
except ImportError:  # pragma: no cover
    DRAWS = False
else:
    DRAWS = True


def learning_curves(model: Model) -> str:
    """Return HTML with the validation curves of a model's weights, or an empty string."""
    histories = [
        (weights, read_history(weights.folder / METRICS)[0]) for weights in model.weights if DRAWS
    ]
    histories = [(weights, epochs) for weights, epochs in histories if epochs]
    if not histories:
        return ""
    charts = charts_of(histories[0][1])
    curves = {
        chart: [
            mean_curve(i, weights.card.tag, epochs, weights.card.epoch, chart)
            for i, (weights, epochs) in enumerate(histories)
        ]
        for chart in charts
    }
    drawn = "\n".join(curve_elements(f"curves-{model.name}", curves, suffix=" on validation"))
    legend = "".join(map(_entry, legend_of(curves)))
    note = "A ring marks the epoch whose weights are published."
    return f'<div class="curves">\n{drawn}\n</div>\n<ul class="legend">{legend}</ul>\n\n{note}'


def _entry(curve: Curve) -> str:
    style = ("solid", "dashed", "dotted")[curve.dash % 3]
    line = f'<i style="border-top: 2px {style} var(--c{curve.color % 6})"></i>'
    return f"<li>{line}{escape(curve.label)}</li>"
