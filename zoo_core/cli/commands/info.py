"""`zoo info`: facts about a model, data set, run or set of weights."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.info.describe import describe
from zoo_core.cli.output import print_json
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import installed_catalog


@click.command(
    cls=ZooCommand,
    examples={
        "A model: its config, recipes and published weights": "zoo info cnn",
        "Published weights: how they were trained, and how good they are": "zoo info cnn.best",
        "A run of yours": "zoo info runs/mlp-1",
        "A folder of images, and a picture": "zoo info folder:photos --sheet classes.png",
    },
)
@click.argument("name", shell_complete=options.complete_names)
@options.registry
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a picture with examples of each class of a data set, as PNG.",
)
@options.as_json
def info(name: str, registry: str | None, sheet: Path | None, as_json: bool) -> None:
    """Describe NAME.

    NAME is a model, dataset, source, trainer, task or loss, a data set of a source such as
    folder:PATH, published weights such as cnn.default, a run folder or a weight file.
    """
    catalog = installed_catalog()
    description = describe(catalog, name, registry)
    facts, described = description.facts, None
    # The data sets of plugins are loaded for a sheet only, because that may be a long download.
    if facts["kind"] == "dataset" and (facts["address"] or sheet):
        from zoo_core.cli.described_data import DescribedData

        described = DescribedData(catalog.dataset(name))
    elif sheet:
        raise InvalidValueError(
            f"--sheet needs a data set, got the {facts['kind']} {name!r}",
            hint="Choose one from `zoo list datasets`, or folder:PATH.",
        )
    if as_json:
        print_json({**facts, **(described.as_json() if described else {})})
    else:
        description.page().print(described.print if described else None)
    if described and sheet:
        described.write_sheet(sheet)
