"""Options that several commands share."""

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
dataset = click.option("--dataset", metavar="NAME", help="Instead of the default data set.")
registry = click.option(
    "--registry",
    metavar="PATH_OR_URL",
    help="Look for the name there alone, instead of in every registry there is.",
)
