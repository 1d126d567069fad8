"""Members of an evaluation: their short names, and their grouping by training data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zoo_core.errors import join_names
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained

DIGITS = 12
"""Number of digits of a checksum in messages."""


def short_name(member: Pretrained) -> str:
    """Return the name of a member with a short checksum."""
    name, separator, digest = member.name.partition("@sha256:")
    return name + separator + digest[:DIGITS]


def short_names(members: Iterable[Pretrained]) -> str:
    """Return the short names of members, separated by commas."""
    return join_names({short_name(member) for member in members})


def group_by_data(members: Sequence[Pretrained]) -> list[list[int]]:
    """Return the indices of members, grouped by the data set of their training.

    A group has one data set in one place; its content may have changed between the trainings.
    """
    groups: list[list[int]] = []
    for i, member in enumerate(members):
        known = (group for group in groups if _same_data(members[group[0]], member))
        if (group := next(known, None)) is None:
            groups.append(group := [])
        group.append(i)
    return groups


def _same_data(first: Pretrained, second: Pretrained) -> bool:
    one, other = first.card.dataset, second.card.dataset
    if one.name != other.name:
        return False
    # One relative path names different folders in different working directories.
    places = {first.data_place, second.data_place} - {""}
    return one.sha256 == other.sha256 or len(places) < 2


def is_trained_on(member: Pretrained, spec: DatasetSpec) -> bool:
    """Return whether a data set is that of a member's training, perhaps with another content."""
    place = _without_options(spec.place)
    return _without_options(spec.name) == _without_options(member.card.dataset.name) or (
        bool(place) and place == _without_options(member.data_place)
    )


def _without_options(name: str) -> str:
    """Return a name of a data set without its options, as in ``folder:photos?size=64``."""
    return name.rpartition("?")[0] or name
