"""Precedence of registries: the one that a bare name means if several have published it.

In this order: the registry that the user chose (`zoo registry prefer NAME`); zoo's own; of those
that the user added, the first. Thus a registry that is added later never changes the meaning of
``MODEL`` or ``MODEL.TAG``; its weights are ``REGISTRY/MODEL.TAG``. Otherwise a name is ambiguous.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from zoo_core.plugins.bare_names import is_own
from zoo_core.registry.registry import ADDED, FoundWeights
from zoo_core.registry.user_registries import preferred_registry


def owner_of(found: Sequence[FoundWeights]) -> FoundWeights | None:
    """Return the weights that a bare name means, of those in several registries; None if ambiguous.

    Args:
        found: weights with that name, in the order of the registries.
    """
    preferred = preferred_registry()
    for owners in (
        [each for each in found if each.registry.name == preferred],
        [each for each in found if is_own(each.registry.source)],
    ):
        if len(owners) == 1:
            return owners[0]
    # The order of the plugins' registries among them and to the others is unknown.
    added = all(each.registry.source == ADDED for each in found)
    return found[0] if found and added else None


def listed_names(weights: Iterable[FoundWeights]) -> list[tuple[str, FoundWeights]]:
    """Return weights with their names: qualified for those that the bare name does not mean."""
    weights = list(weights)
    by_name: dict[str, list[FoundWeights]] = defaultdict(list)
    for each in weights:
        by_name[each.published.name].append(each)
    owners = {name: owner_of(several) for name, several in by_name.items() if len(several) > 1}
    return [
        (name if owners.get(name, each) in (each, None) else each.qualified_name, each)
        for each in weights
        for name in [each.published.name]
    ]
