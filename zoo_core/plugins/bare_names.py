"""Bare names: the plugin that a name without a distribution means if several plugins offer it.

The owner of a name is, in this order:

1. the plugin that the user chose (`zoo plugins prefer NAME DISTRIBUTION`);
2. zoo's own plugin;
3. the plugin that offered it first in this environment.

Thus the installation of another plugin never changes the meaning of a name. The other plugins'
specs have full names, ``distribution/name``. Without an owner, the bare name is an error.
"""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zoo_core.errors import ZooError, singular
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import KINDS
from zoo_core.system.settings import Settings

OWN_PLUGINS = (
    "cnn demo export images mlp mnist numbers numpy onnx report separator serve tables timm torch "
    "torchvision track tune two-headed"
)
"""Names of zoo's own plugins, whose distributions have the prefix ``zoo-``."""

# In the folder of the settings, because nothing else records the order: pip gives an upgraded
# distribution a new date, and the folder of caches may be emptied.
FIRST = Settings("first-offers", "the record of the first plugin with a name", {"environments": {}})
"""Environment -> ``KIND/NAME`` -> the distributions that offered it first, separated by spaces."""

MAX_REASONS = 3
"""Maximum number of shared names in the reason of a conflict."""

_Names = frozenset[tuple[str, str]]

_KINDS = list(KINDS)


def is_own(distribution: str) -> bool:
    """Return whether a distribution is one of zoo's own."""
    name = distribution.removeprefix("zoo-")
    return distribution.startswith("zoo-") and name in {*OWN_PLUGINS.split(), "core", "registry"}


def first_offers() -> dict[str, str]:
    """Return the record of this environment; see `FIRST`."""
    try:
        record = FIRST.read()["environments"].get(sys.prefix)
    except ZooError:  # `zoo doctor` reports it
        return {}
    return record if isinstance(record, dict) else {}


def record_first_offers(plugins: Sequence[Plugin]) -> None:
    """Record the plugins that offer a name of which this environment has no record yet."""
    before = first_offers()
    after = _updated(before, plugins)
    if after == before:
        return
    # Without a writable folder there is no record, and a name that several plugins offer is then
    # an error.
    with contextlib.suppress(ZooError), FIRST.changing() as values:
        known = {
            prefix: record
            for prefix, record in values["environments"].items()
            if Path(prefix).exists()
        }
        values["environments"] = {**known, sys.prefix: after}


def _updated(before: Mapping[str, str], plugins: Sequence[Plugin]) -> dict[str, str]:
    """Return the record after the plugins were loaded."""
    offering: dict[str, list[str]] = {key: [] for key in before}
    for plugin in plugins:
        # The names of zoo's own plugins need no record, and there are thousands of them. A plugin
        # that was loaded for one process is gone after it.
        if not is_own(plugin.distribution) and not plugin.added:
            for kind, spec in plugin.offers:
                offering.setdefault(f"{kind}/{spec.identity}", []).append(plugin.distribution)
    # A plugin that is disabled or broken is still installed, and keeps its names.
    unusable = {plugin.distribution for plugin in plugins if not plugin.usable}
    after = {}
    for key, now in offering.items():
        kept = [name for name in str(before.get(key, "")).split() if name in {*now, *unusable}]
        after[key] = " ".join(dict.fromkeys(kept or now))
    return {key: names for key, names in after.items() if names}


def mark_shared_names(
    plugins: Sequence[Plugin], preferred: Mapping[str, str], first: Mapping[str, str]
) -> Iterator[Plugin]:
    """Yield the plugins; those with names of which they are not the owner are marked.

    Args:
        plugins: all plugins.
        preferred: name -> canonical name of the distribution that the user chose for it.
        first: see `first_offers`.
    """
    offering: dict[tuple[str, str], list[Plugin]] = defaultdict(list)
    for plugin in plugins:
        for kind, spec in plugin.offers:
            offering[kind, spec.identity].append(plugin)
    shared = {
        key: [*dict.fromkeys(each.distribution for each in several)]
        for key, several in offering.items()
        if len({each.distribution for each in several}) > 1
    }
    first = _updated(first, plugins)
    owners = {key: _owner(key, names, preferred, first) for key, names in shared.items()}
    for plugin in plugins:
        mine = [
            (kind, spec.identity) for kind, spec in plugin.offers if (kind, spec.identity) in shared
        ]
        qualified = frozenset(key for key in mine if owners[key] != plugin.distribution)
        yield _marked(plugin, qualified, shared, owners, preferred) if qualified else plugin


def _owner(
    key: tuple[str, str],
    offering: Iterable[str],
    preferred: Mapping[str, str],
    first: Mapping[str, str],
) -> str | None:
    """Return the distribution that owns a name; None if the name is ambiguous."""
    kind, name = key
    for owners in (
        [each for each in offering if canonical(each) == preferred.get(name)],
        [each for each in offering if is_own(each)],
        first.get(f"{kind}/{name}", "").split(),
    ):
        if len(owners) == 1 and owners[0] in offering:
            return owners[0]
    return None


def _marked(
    plugin: Plugin,
    qualified: _Names,
    shared: Mapping[tuple[str, str], Sequence[str]],
    owners: Mapping[tuple[str, str], str | None],
    preferred: Mapping[str, str],
) -> Plugin:
    """Return a plugin with its qualified names, and a conflict unless the user has decided."""
    mine, reasons = plugin.distribution, []
    # Models first, because only a few names are listed.
    for kind, name in sorted(qualified, key=lambda key: (_KINDS.index(key[0]), key[1])):
        owner = owners[kind, name]
        if owner is None:
            others = ", ".join(each for each in shared[kind, name] if each != mine)
            reasons.append(f"{singular(kind)} {name!r} is also offered by {others}")
        elif canonical(owner) != preferred.get(name):
            which = f"{singular(kind)} {name!r}"
            reasons.append(f"{which} is that of {owner}, and the one here is {mine}/{name}")
    if not reasons:
        return replace(plugin, qualified=qualified)
    more = [f"and {len(reasons) - MAX_REASONS:,} more"] if len(reasons) > MAX_REASONS else []
    cause = ", ".join([*reasons[:MAX_REASONS], *more])
    choice = "zoo plugins prefer NAME DISTRIBUTION"
    remedy = f"write {mine}/NAME, or choose with: {choice}"
    if not plugin.added:
        remedy += f", or: zoo uninstall {mine}"
    reason = f"{mine} {plugin.version} ({plugin.entry_point}): {cause}; {remedy}"
    return replace(plugin, qualified=qualified, status=Status.CONFLICT, reason=reason)
