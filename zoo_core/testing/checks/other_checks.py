"""Checks of sources, commands and losses."""

from __future__ import annotations

from click.testing import CliRunner

from zoo_core.errors import ZooError, did_you_mean, join_names, one_line
from zoo_core.installation.click_commands import resolve_command
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, LossSpec
from zoo_core.recipes.recipe import LOSS_FIELDS
from zoo_core.testing.check import ContractError, NotApplicableError, expect

NOWHERE = "./no/such/address"
"""Address for a source that is neither an existing path nor a name on any hub."""


def refuses_an_address_without_data(catalog: Catalog, name: str) -> None:
    """Check that an address without a data set is a `ZooError`, which users see on one line."""
    entry = catalog.source(name)
    describe = entry.resolve(entry.spec.describe)
    try:
        described = describe(NOWHERE)
    except ZooError:
        return
    except Exception as exc:
        raise ContractError(f"{name}:{NOWHERE}: expected a ZooError, got {one_line(exc)}") from exc
    # Not by `Entry.call`, whose error for another type is a `ZooError` as well.
    expect(
        isinstance(described, DatasetSpec),
        f"source {name!r} of {entry.plugin}: describe: expected DatasetSpec or, for {NOWHERE}, "
        f"a ZooError, got {described!r}",
    )
    raise ContractError(f"{name}:{NOWHERE}, which does not exist, is accepted as a data set")


def is_a_click_command(catalog: Catalog, name: str) -> None:
    """Check that the command is a click command."""
    resolve_command(catalog.command(name))


def has_a_help_text(catalog: Catalog, name: str) -> None:
    """Check that ``--help`` succeeds and has a text."""
    command = resolve_command(catalog.command(name))
    done = CliRunner().invoke(command, ["--help"])
    expect(
        done.exit_code == 0,
        f"exit code of --help: expected 0, got {done.exit_code}: {done.output[-200:]}",
    )
    expect(command.help, "--help has no text; write a docstring")


def has_its_task_installed(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the name of the loss's task is installed and unambiguous."""
    catalog.task(entry.spec.task)


def is_for_the_framework_of_a_trainer(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that an installed trainer has the framework of the loss."""
    framework = entry.spec.framework
    known = {each.spec.framework for each in catalog.entries("trainers").values()}
    near = did_you_mean(framework, known)  # such as torch, whose project is called PyTorch
    expect(framework in known or not near, f"framework: no trainer has {framework!r}. {near}")
    if framework not in known:
        raise NotApplicableError(f"no trainer of {framework} is installed")


def implements_recipe_fields_of_losses(entry: Entry[LossSpec]) -> None:
    """Check that its ``recipe_fields`` are those that a loss can implement."""
    unknown = sorted({*entry.spec.recipe_fields} - LOSS_FIELDS)
    expect(
        not unknown,
        f"recipe_fields of its spec: expected some of {join_names(sorted(LOSS_FIELDS))}, "
        f"got {join_names(unknown)}",
    )
