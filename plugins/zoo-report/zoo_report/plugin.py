"""What zoo-report does: at the end of a training it leaves pictures in the run's folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from zoo_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from zoo_core.card import Card
    from zoo_core.predictions import Predictions
    from zoo_core.run import Run


@hookimpl
def zoo_train_end(run: Run, result: Card, predictions: Predictions) -> None:
    # On a new machine matplotlib says that it builds its font cache, which is nobody's concern.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    from zoo_report.pictures import write_pictures  # here, since it imports matplotlib

    write_pictures(run, result, predictions)
