"""What a model takes, found by trying: networks are built and run without memory or arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from timm.models import get_pretrained_cfg
from torch import Tensor, nn

from zoo_timm.attention import WatchAttention
from zoo_timm.network import make_network
from zoo_timm.sizes import Sizes
from zoo_timm.small_stem import SMALL, Stem, find_stems, open_stem, patch_of, run_strided
from zoo_timm.table import Row

CHANNELS, CLASSES = 1, 10

SIDES = (28, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512)
"""Sides that are tried, in pixels, beside the one that timm names."""

UNSEEN = 16
"""Pixels: side of the patches into which a model that is told a size may cut images after its first
convolutions; what is left over would be lost, and nobody would see it."""

BEYOND = ((1, 2), (5, 3), (10, 14))
"""Rectangles beyond the smallest size that are tried, in steps. Halved again and again, their sides
are odd and even in turns."""

Make = Callable[[tuple[int, int]], nn.Module]
"""Gives the network for a size."""


def probe(row: Row) -> Row:
    """Return a row with what a model takes, or with the problem that there is.

    Args:
        row: with name, family and hub.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            return _probe(row)
    except Exception as exc:
        return replace(row, problem=_said(exc))


def _probe(row: Row) -> Row:
    network = make_network(row.name, CHANNELS, CLASSES)
    about = get_pretrained_cfg(row.name)
    assert about
    native = about.input_size[-1]
    if fault_of(network.eval(), native, native):
        raise ValueError(_why(row.name, network, native))
    strided = run_strided(network, torch.empty(2, CHANNELS, native, native))
    patch = patch_of(strided) or 1
    sides = [side for side in sorted({*SIDES, native}) if side % patch == 0 or side == native]

    def told(size: tuple[int, int]) -> nn.Module:
        return make_network(row.name, CHANNELS, CLASSES, size)

    found = find_sizes(_always(network), sides, patch)
    if found is None or not found.step or found.least > SMALL:
        patch = patch if patch > 1 else UNSEEN
        by_telling = find_sizes(told, [side for side in sides if side % patch == 0], patch)
        if by_telling and (found is None or _is_better(by_telling, found)):
            found = replace(by_telling, told=True)
            network = told(found.fitting(28, 28))
    if found is None:
        raise ValueError(fault_of(network.train(), native, native))
    if exc := fault_of(network.eval(), *found.fitting(28, 28)):
        raise ValueError(exc)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    row = replace(row, parameters=str(parameters), sizes=str(found))
    return row if found.told else _with_small_stem(row, network, find_stems(strided))


def _is_better(one: Sizes, other: Sizes) -> bool:
    return bool(one.step) > bool(other.step) or one.least < other.least


def _with_small_stem(row: Row, network: nn.Module, stems: Iterable[Stem]) -> Row:
    """Return a row with the first of some small stems with which the model works."""
    for stem in stems:
        open_stem(network, stem)
        found = find_sizes(_always(network), [side for side in SIDES if side <= SMALL], 1)
        if found and not fault_of(network.eval(), *found.fitting(28, 28)):
            convolutions = ",".join(stem.convolutions)
            return replace(row, small_sizes=str(found), stem=convolutions, pool=stem.pool)
        network = make_network(row.name, CHANNELS, CLASSES)
    return row


def _always(network: nn.Module) -> Make:
    return lambda _: network


def find_sizes(make: Make, sides: Sequence[int], patch: int) -> Sizes | None:
    """Return which sizes a network takes: the smallest of some sides, and how they go on.

    Where none goes on, it is the smallest side alone.

    Args:
        make: gives the network for a size.
        sides: in rising order.
        patch: what larger sides have to be multiples of, at least.
    """
    alone = None
    for side in sides:
        if takes(make, side, side):
            if going_on := _going_on(make, side, patch):
                return going_on
            alone = alone or Sizes(side, 0)
    return alone


def _going_on(make: Make, least: int, patch: int) -> Sizes | None:
    for step in (*(patch * times for times in (1, 2, 4, 8, 16)), least):
        if least % step == 0:
            beyond = [(least + high * step, least + wide * step) for high, wide in BEYOND]
            if all(takes(make, height, width) for height, width in beyond):
                return Sizes(least, step)
            if all(takes(make, side, side) for side, _ in beyond):
                return Sizes(least, step, square=True)
    return None


def takes(make: Make, height: int, width: int) -> bool:
    """Say whether a network learns from images of a size, all of it."""
    try:
        with WatchAttention() as attention:
            exc = fault_of(make((height, width)).train(), height, width)
    except Exception:
        return False
    return not (exc or attention.idle)


def _why(name: str, network: nn.Module, native: int) -> str:
    """Return why a network does not read gray images of its own size."""
    in_color = make_network(name, 3, CLASSES).eval()
    if not fault_of(in_color, native, native, channels=3):
        return "it reads images of three channels alone"
    return fault_of(network, native, native)


def fault_of(network: nn.Module, height: int, width: int, channels: int = CHANNELS) -> str:
    """Return why a network does not read two images of a size; empty if it does."""
    try:
        given = network(torch.empty(2, channels, height, width))
    except Exception as exc:
        return _said(exc)
    if not isinstance(given, Tensor):
        return f"it gives a {type(given).__name__}"
    if given.shape != (2, CLASSES):
        return f"it gives {tuple(given.shape)}, not {CLASSES} numbers for each of 2 images"
    return ""


def _said(exc: Exception) -> str:
    return " ".join(str(exc).split())[:160] or type(exc).__name__
