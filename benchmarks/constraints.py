"""Constraints file of the published weights: the packages in whose versions they were trained.

``python -m benchmarks.constraints`` writes ``registry/constraints.txt`` from the cards, and so does
``benchmarks.publish``; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from zoo_core.filenames import CARD
from zoo_core.weights.card import PublishedCard, parse_published_card

REGISTRY = Path(__file__).parents[1] / "registry"
FILE = REGISTRY / "constraints.txt"

HEADER = """\
# Made by `python -m benchmarks.constraints` from the cards in zoo_registry: the versions in which
# the published weights were trained. Everything else that decides their bytes is on the cards.
#   pip install -c constraints.txt 'zoo-core[numpy]'
#   zoo reproduce numpy-net.default
"""


def main() -> None:
    """Write the file."""
    FILE.write_text(constraints(_published()), encoding="utf-8")


def constraints(cards: Iterable[PublishedCard]) -> str:
    """Return the content of the file.

    Raises:
        ValueError: cards state different versions, which no environment has at the same time.
    """
    versions: dict[str, set[str]] = defaultdict(set)
    for card in cards:
        for name, version in _packages(card):
            versions[name].add(version)
    several = {name: sorted(found) for name, found in versions.items() if len(found) > 1}
    if several:
        raise ValueError(f"expected one version of each package on all cards, got {several}")
    return HEADER + "".join(f"{name}=={version}\n" for name, (version,) in sorted(versions.items()))


def _packages(card: PublishedCard) -> Iterator[tuple[str, str]]:
    name, _, version = str(card.environment["framework"]).partition(" ")
    # Without the build's label, such as +cu132, because an index offers one build per platform.
    yield name, version.partition("+")[0]
    yield "numpy", str(card.environment["numpy"])


def _published() -> Iterator[PublishedCard]:
    for path in sorted((REGISTRY / "zoo_registry").glob(f"*/*/{CARD}")):
        yield parse_published_card(path.read_bytes(), str(path))


if __name__ == "__main__":
    main()
