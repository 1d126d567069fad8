"""Find a thing by its name: its facts as JSON values, and its page for people."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.cli.info.facts import (
    Facts,
    entry_facts,
    file_facts,
    loss_facts,
    model_facts,
    published_facts,
    published_of,
)
from zoo_core.errors import DataError, PluginError, UnknownNameError, choose_from, did_you_mean
from zoo_core.plugins.added import is_added
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.rows import spec_row
from zoo_core.registry.lookup import resolve_weights
from zoo_core.registry.names import parse_name
from zoo_core.text import shell_command

if TYPE_CHECKING:
    from zoo_core.cli.info.layout import Page


@dataclass(frozen=True)
class Description:
    """The description of one thing.

    Attributes:
        facts: JSON values.
        page: returns the page, which is made only if it is printed.
    """

    facts: Facts
    page: Callable[[], Page]


def describe(catalog: Catalog, name: str, registry: str | None) -> Description:
    """Return the description of a name or path.

    Args:
        catalog: the installed plugins.
        name: name of a model, data set, source, trainer, task, loss or published weights, or path
            of a run's folder or of a weight file.
        registry: folder or URL of the only registry to search for published weights.

    Raises:
        UnknownNameError: there is no such thing.
        ZooError: it cannot be read.
    """
    # With --registry, NAME is published there, even if a file has the same name.
    if registry is None and _is_training_result(Path(name)):
        return _file(catalog, Path(name))
    if registry is not None or _is_tagged(name):
        return _published(catalog, name, registry)
    # A data set of a source, described on request; a full name may have a colon, too.
    if ":" in name and not is_added(name):
        entry = catalog.dataset(name)
        return _entry(catalog, "dataset", entry, {"kind": "dataset", **spec_row(entry)})
    return _named(catalog, name)


def _is_training_result(path: Path) -> bool:
    # `zoo new NAME` writes a package to ./NAME, which is not meant by the model's name.
    exists = os.path.exists(path)  # noqa: PTH110 (its name may be too long)
    return exists and not (path / "pyproject.toml").exists()


def _is_tagged(name: str) -> bool:
    """Return True for a name with a tag or checksum, as only published weights have."""
    parsed = parse_name(name)
    return parsed is not None and bool(parsed.tag or parsed.sha256)


def _named(catalog: Catalog, name: str) -> Description:
    kinds: dict[str, Callable[[str], Entry[Any]]] = {
        "model": catalog.model,
        "dataset": catalog.dataset,
        "source": catalog.source,
        "trainer": catalog.trainer,
        "runtime": catalog.runtime,
        "task": catalog.task,
    }
    unusable: PluginError | None = None
    for kind, find in kinds.items():
        try:
            entry = find(name)
        except UnknownNameError:
            continue
        except PluginError as exc:  # another kind may have the name
            unusable = exc
            continue
        if kind == "model":
            return _model(catalog, entry)
        return _entry(catalog, kind, entry, entry_facts(catalog, kind, entry))
    if losses := [each for each in catalog.losses() if each.spec.name == name]:
        from zoo_core.cli.info.task_page import loss_page

        return Description(loss_facts(losses), lambda: loss_page(losses, name))
    # The default weights of a model whose plugin is not installed: a runtime may predict with them.
    with contextlib.suppress(UnknownNameError):
        return _published(catalog, name, None)
    known = [known for kind in kinds for known in catalog.entries(f"{kind}s")]
    known += [each.spec.name for each in catalog.losses()]
    if unusable and not did_you_mean(name, known):
        raise unusable
    problem = (
        f"there is no model, dataset, source, trainer, runtime, task, loss, folder or file {name!r}"
    )
    raise UnknownNameError(problem, hint=choose_from(name, known, command="zoo list"))


def _model(catalog: Catalog, entry: Entry[Any]) -> Description:
    # Once for both, because an unreadable registry is reported each time.
    published = published_of(catalog, entry)
    facts = model_facts(catalog, entry, published)

    def page() -> Page:
        from zoo_core.cli.info.model_page import model_page

        return model_page(catalog, entry, _name(entry, facts), facts, published)

    return Description(facts, page)


def _entry(catalog: Catalog, kind: str, entry: Entry[Any], facts: Facts) -> Description:
    return Description(facts, lambda: _page_of(kind)(catalog, entry, _name(entry, facts), facts))


def _name(entry: Entry[Any], facts: Facts) -> str:
    """Return the name for commands: the full one where another plugin owns the bare one."""
    bare = facts.get("bare_name", entry.qualified_name) == entry.qualified_name
    name: str = entry.spec.name if bare else entry.qualified_name
    return name


def _page_of(kind: str) -> Callable[[Catalog, Entry[Any], str, Facts], Page]:
    # Each kind imports only its own page, because that of a data set needs no pydantic.
    if kind == "trainer":
        from zoo_core.cli.info.trainer_page import trainer_page

        return trainer_page
    if kind == "runtime":
        from zoo_core.cli.info.runtime_page import runtime_page

        return runtime_page
    if kind == "task":
        from zoo_core.cli.info.task_page import task_page

        return task_page
    from zoo_core.cli.info.data_page import dataset_page, source_page

    return dataset_page if kind == "dataset" else source_page


def _published(catalog: Catalog, name: str, registry: str | None) -> Description:
    from zoo_core.pretrained.verified_read import published_card

    found = resolve_weights(catalog, name, registry)
    card = published_card(found)

    def page() -> Page:
        from zoo_core.cli.info.weights_page import PUBLISHED, WeightsPlace, weights_page
        from zoo_core.registry.registry import ADDED

        source = found.registry.source
        place = WeightsPlace(
            name=name,
            kind=PUBLISHED,
            home=f"{found.registry.name}, {found.registry.location.url}",
            owner="" if source == ADDED else source,
            sha256=found.published.sha256,
            size=found.published.bytes,
            only_registry=registry or "",
        )
        return weights_page(catalog, place, card)

    return Description(published_facts(found, card), page)


def _file(catalog: Catalog, path: Path) -> Description:
    """Return the description of weights from the header of their file."""
    # No model is built, because that would require its plugin and its framework.
    from zoo_core.pretrained.verified_read import read_provenance

    try:
        card, file = read_provenance(path)
    except DataError as exc:
        if not path.is_dir():
            raise
        address = f"folder:{path}?" if "?" in str(path) else f"folder:{path}"
        command = shell_command("zoo", "info", address)
        raise DataError(exc.problem, hint=f"For a folder of images: {command}") from exc

    def page() -> Page:
        from zoo_core.cli.info.weights_page import RUN, WeightsPlace, weights_page

        kind = RUN if path.is_dir() else "weight file"
        size = file.path.stat().st_size
        place = WeightsPlace(
            name=str(path), kind=kind, home=str(file.path), sha256=file.sha256, size=size
        )
        return weights_page(catalog, place, card)

    return Description(file_facts(card, file), page)
