"""Suggestions for an unknown name: the nearest known names, at most one per family."""

from collections import defaultdict
from collections.abc import Iterable

from zoo_core.text import same_text

MAX_SUGGESTIONS = 5
"""Maximum number of suggestions."""

CUTOFF = 0.6
"""Minimum similarity of a suggestion, from 0 to 1: that of difflib."""

MARGIN = 0.1
"""Maximum difference of a suggestion's similarity to that of the nearest one."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are the nearest to a name, at most one per family.

    The family is the part before the last slash. The names after it are compared, unless the name
    has a family of its own, which then comes first.
    """
    known = list(dict.fromkeys(known))
    # Names that look the same first, then those of the same name in another family.
    same = [each for each in known if same_text(name, each)]
    same = same or [each for each in known if same_text(_last(name), _last(each))]
    return (same or _similar(name, known))[:MAX_SUGGESTIONS]


def _similar(name: str, known: Iterable[str]) -> list[str]:
    """Return the nearest name of each family that is nearly as near as the nearest of all."""
    import difflib

    families: dict[str, dict[str, str]] = defaultdict(dict)
    for each in known:
        families[_family(each)][each if "/" in name else _last(each)] = each
    found = []
    for family, names in families.items():
        for near in difflib.get_close_matches(name, names, n=1, cutoff=CUTOFF):
            similarity = difflib.SequenceMatcher(None, near, name).ratio()
            found.append((family != _family(name), -similarity, names[near]))
    best = min((score for _, score, _ in found), default=0.0)
    return [each for _, score, each in sorted(found) if score <= best + MARGIN]


def _family(name: str) -> str:
    return name.rpartition("/")[0]


def _last(name: str) -> str:
    return name.rpartition("/")[2]
