"""Probe of the image sizes and small stems that a model accepts, on the meta device."""

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
"""Number of channels of probed images: gray ones, for which the table counts parameters."""

UNSEEN = 16
"""Step of the sizes, in pixels, if a model whose constructor requires the size shows no patches: it
may cut feature maps into patches later, and a remainder would be ignored without an error."""

Make = Callable[[tuple[int, int]], nn.Module]
"""Type of a function that returns the network for a height and width."""


def probe(row: TimmRow) -> TimmRow:
    """Return a row with the sizes and stem of a model, or with the reason why it has none.

    Args:
        row: a row with name, family and hub.
    """
    try:
        # On the meta device tensors have shapes and no data, so a forward pass costs no memory.
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
    # A side that is not a multiple of the patch would lose the remainder, without an error.
    sides = [side for side in sorted({*SIDES, native}) if side % patch == 0 or side == native]

    def for_size(size: tuple[int, int]) -> nn.Module:
        return make_network(row.name, CHANNELS, CLASSES, size)

    # First the network as constructed by default, because its weights then fit every size; only if
    # it accepts few sizes, or only large ones, one network per size.
    found = find_sizes(partial(accepts, _always(network)), sides, patch)
    if found is None or not found.step or found.least > MAX_SIDE:
        patch = patch if patch > 1 else UNSEEN
        per_size = find_sizes(
            partial(accepts, for_size), [side for side in sides if side % patch == 0], patch
        )
        if per_size and (found is None or _is_better(per_size, found)):
            found = replace(per_size, fixed=True)
            network = for_size(found.fitting(28, 28))
    if found is None:
        # Evaluation succeeded above, so this is the error of the forward pass in training.
        raise ValueError(forward_error(network.train(), native, native, CHANNELS))
    # `accepts` ran it in training mode; some networks have a different path for evaluation.
    if error := forward_error(network.eval(), *found.fitting(28, 28), CHANNELS):
        raise ValueError(error)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    row = replace(row, parameters=str(parameters), sizes=str(found))
    # Small stems are probed with one network for all sizes, which a fixed size rules out.
    return row if found.fixed else _with_small_stem(row, network, find_stems(strided))


def _is_better(one: Sizes, other: Sizes) -> bool:
    # Better: a step that the other lacks, or a smaller minimum side.
    return bool(one.step) > bool(other.step) or one.least < other.least


def _with_small_stem(row: TimmRow, network: nn.Module, stems: Iterable[Stem]) -> TimmRow:
    """Return a row with the first small stem with which the model works; the row itself if none."""
    sides = [side for side in SIDES if side <= MAX_SIDE]
    for stem in stems:
        shrink_stem(network, stem)
        found = find_sizes(partial(accepts, _always(network)), sides, 1)
        if found and not forward_error(network.eval(), *found.fitting(28, 28), CHANNELS):
            convolutions = ",".join(stem.convolutions)
            return replace(row, small_sizes=str(found), stem=convolutions, pool=stem.pool)
        network = make_network(row.name, CHANNELS, CLASSES)  # because stems are shrunk in place
    return row


def _always(network: nn.Module) -> Make:
    return lambda _: network


def accepts(make: Make, height: int, width: int) -> bool:
    """Return whether a network accepts a size and has gradients in all attention layers."""
    try:
        with WatchAttention() as attention:
            error = forward_error(make((height, width)).train(), height, width, CHANNELS)
    except Exception:  # constructors and timm's own checks raise errors of any type
        return False
    return not (error or attention.idle)


def _input_error(name: str, network: nn.Module, native: int) -> str:
    """Return why a network does not accept gray images of its own size."""
    # A network that works with three channels is one that does not support `in_chans`.
    for_color = make_network(name, 3, CLASSES).eval()
    if not forward_error(for_color, native, native, channels=3):
        return "it accepts only images with three channels"
    return forward_error(network, native, native, CHANNELS)
