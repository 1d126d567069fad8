"""Checks of a registry that a plugin offers, and of the weights in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from zoo_core.errors import ZooError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.runtime_choice import TRAINER
from zoo_core.pretrained.verified_read import published_card, read_published
from zoo_core.publishing.golden import check_golden
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import known_registries
from zoo_core.registry.registry import FoundWeights, Registry
from zoo_core.testing.check import ContractError, NotApplicableError
from zoo_core.text import shell_command


def can_be_read(catalog: Catalog, name: str) -> None:
    """Check that the index of a registry on this machine can be read."""
    registry = _registry(catalog, name)
    # A server may be down without any fault of the plugin.
    if not isinstance(registry.location, Folder):
        raise NotApplicableError(f"it is not on this machine but at {registry.location.url}")
    registry.index()


def published(catalog: Catalog, name: str) -> Iterator[FoundWeights]:
    """Yield the weights in a registry on this machine; none if it cannot be read."""
    registry = _registry(catalog, name)
    if isinstance(registry.location, Folder):
        try:
            yield from registry.published()
        except ZooError:
            return  # `can_be_read` reports it


def match_the_index(_catalog: Catalog, found: FoundWeights) -> None:
    """Check that weight file and card have the sizes and checksums of the index."""
    with _advice(found, "Restore the file, for instance from version control"):
        read_published(found)
        published_card(found)


def give_their_golden_outputs(catalog: Catalog, found: FoundWeights) -> None:
    """Check that the weights load into their model and give the outputs on their card."""
    plugin = found.published.plugin
    if plugin not in {each.distribution for each in catalog.plugins if each.usable}:
        raise NotApplicableError(f"the plugin of its model, {plugin}, is not installed")
    change = "Restore the model's code, which has changed since, or name its tensors in `renamed`"
    with _advice(found, change):
        card = published_card(found)
    if card.quantized:
        raise NotApplicableError(f"only their parent, {card.quantized.source}, has a model")
    with _advice(found, change):
        pretrained = load_pretrained(catalog, found, device="cpu", runtime=TRAINER)
        check_golden(pretrained, card.golden)


def have_programs_with_their_golden_outputs(catalog: Catalog, found: FoundWeights) -> None:
    """Check that each installed runtime gives the outputs on the card with the program for it."""
    runtimes = catalog.entries("runtimes").keys() & found.published.runtimes.keys()
    if not runtimes:
        raise NotApplicableError("no installed runtime has a program for them")
    for runtime in sorted(runtimes):
        with _advice(found, f"Write the program for {runtime} again"):
            pretrained = load_pretrained(catalog, found, runtime=runtime)
            check_golden(pretrained, published_card(found).golden)


@contextmanager
def _advice(found: FoundWeights, repair: str) -> Iterator[None]:
    """Replace the hint of an error, which is for users of the weights, by one for their author."""
    try:
        yield
    except ZooError as exc:
        where = found.registry.location.url
        name = f"{found.published.model}.NEW_TAG"
        command = shell_command("zoo", "publish", "RUN", "--as", name, "--registry", where)
        hint = f"{repair}; or train again and publish the run: {command}"
        raise ContractError(exc.problem, hint=hint) from exc


@lru_cache(maxsize=8)
def _registry(catalog: Catalog, name: str) -> Registry:
    return next(each for each in known_registries(catalog) if each.name == name)


WEIGHTS_CHECKS = (
    match_the_index,
    give_their_golden_outputs,
    have_programs_with_their_golden_outputs,
)
"""Checks of one set of published weights."""
