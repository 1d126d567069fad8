"""Probe the image sizes and small stems of a model, on the meta device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import torch
from timm.models import get_pretrained_cfg
from torch import nn

from zoo_timm.attention import WatchAttention
from zoo_timm.network import make_network
from zoo_timm.small_stem import find_stems, patch_of, run_strided
from zoo_timm.table import TimmRow
from zoo_torch.families.probe import CLASSES, SIDES, error_text, find_sizes, forward_error
from zoo_torch.families.sizes import Sizes
from zoo_torch.families.small_stem import MAX_SIDE, Stem, shrink_stem

CHANNELS = 1

UNSEEN = 16
"""Pixels: side of the patches into which a model that is told a size may cut images after its first
convolutions; what is left over would be lost, and nobody would see it."""

Make = Callable[[tuple[int, int]], nn.Module]
"""Returns the network for a size."""


def probe(row: TimmRow) -> TimmRow:
    """Return a row with the sizes and stem of a model, or with the problem that it has.

    Args:
        row: has name, family and hub.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            return _probe(row)
    except Exception as exc:
        return replace(row, problem=error_text(exc))


def _probe(row: TimmRow) -> TimmRow:
    network = make_network(row.name, CHANNELS, CLASSES)
    about = get_pretrained_cfg(row.name)
    assert about
    native = about.input_size[-1]
    if forward_error(network.eval(), native, native, CHANNELS):
        raise ValueError(_input_error(row.name, network, native))
    strided = run_strided(network, torch.empty(2, CHANNELS, native, native))
    patch = patch_of(strided) or 1
    sides = [side for side in sorted({*SIDES, native}) if side % patch == 0 or side == native]

    def told(size: tuple[int, int]) -> nn.Module:
        return make_network(row.name, CHANNELS, CLASSES, size)

    found = find_sizes(partial(accepts, _always(network)), sides, patch)
    if found is None or not found.step or found.least > MAX_SIDE:
        patch = patch if patch > 1 else UNSEEN
        by_telling = find_sizes(
            partial(accepts, told), [side for side in sides if side % patch == 0], patch
        )
        if by_telling and (found is None or _is_better(by_telling, found)):
            found = replace(by_telling, told=True)
            network = told(found.fitting(28, 28))
    if found is None:
        raise ValueError(forward_error(network.train(), native, native, CHANNELS))
    if error := forward_error(network.eval(), *found.fitting(28, 28), CHANNELS):
        raise ValueError(error)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    row = replace(row, parameters=str(parameters), sizes=str(found))
    return row if found.told else _with_small_stem(row, network, find_stems(strided))


def _is_better(one: Sizes, other: Sizes) -> bool:
    return bool(one.step) > bool(other.step) or one.least < other.least


def _with_small_stem(row: TimmRow, network: nn.Module, stems: Iterable[Stem]) -> TimmRow:
    """Return a row with the first of some small stems with which the model works."""
    sides = [side for side in SIDES if side <= MAX_SIDE]
    for stem in stems:
        shrink_stem(network, stem)
        found = find_sizes(partial(accepts, _always(network)), sides, 1)
        if found and not forward_error(network.eval(), *found.fitting(28, 28), CHANNELS):
            convolutions = ",".join(stem.convolutions)
            return replace(row, small_sizes=str(found), stem=convolutions, pool=stem.pool)
        network = make_network(row.name, CHANNELS, CLASSES)
    return row


def _always(network: nn.Module) -> Make:
    return lambda _: network


def accepts(make: Make, height: int, width: int) -> bool:
    """Return whether a network learns from all of an image of a size."""
    try:
        with WatchAttention() as attention:
            error = forward_error(make((height, width)).train(), height, width, CHANNELS)
    except Exception:
        return False
    return not (error or attention.idle)


def _input_error(name: str, network: nn.Module, native: int) -> str:
    """Return why a network does not accept gray images of its own size."""
    for_color = make_network(name, 3, CLASSES).eval()
    if not forward_error(for_color, native, native, channels=3):
        return "it reads images of three channels alone"
    return forward_error(network, native, native, CHANNELS)
