"""Losses of the built-in tasks: ``(outputs, targets, recipe) -> Tensor``, a mean over N examples.

Each is a mean over the examples, also where examples differ in length or in the number of their
pixels: the share of a process, of several that train together, is then its part of the batch.
`Recipe.class_weights` are numbers here, one per class, or nothing. Weighted losses are divided by
the number of examples as well, and not by the sum of their weights, for the same reason.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from zoo_core.plugin_api import IGNORED_PIXEL

if TYPE_CHECKING:
    from zoo_core import Recipe


def cross_entropy(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of classification: outputs ``(N, K)``, targets ``(N,)``.

    The weight of an example is that of its class.
    """
    smoothing = recipe.label_smoothing
    if not recipe.class_weights:
        return functional.cross_entropy(outputs, targets, label_smoothing=smoothing)
    losses = functional.cross_entropy(outputs, targets, label_smoothing=smoothing, reduction="none")
    return (losses * _class_weights(recipe, outputs)[targets]).mean()


def focal(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the focal loss of classification: outputs ``(N, K)``, targets ``(N,)``.

    It is ``-(1 - p)**focal_gamma * log(p)`` for the probability p of the right class (Lin et al.
    2017), times the weight of that class.
    """
    losses = _focus(functional.cross_entropy(outputs, targets, reduction="none"), recipe)
    if recipe.class_weights:
        losses = losses * _class_weights(recipe, outputs)[targets]
    return losses.mean()


def binary_cross_entropy(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the mean over the K labels of ``-log sigmoid``: outputs and targets ``(N, K)``.

    A label's weight is that of its presence; its absence has the weight 1.
    """
    smoothing = recipe.label_smoothing
    wanted = (1 - smoothing) * targets.to(outputs.dtype) + smoothing / 2
    weights = _class_weights(recipe, outputs) if recipe.class_weights else None
    return functional.binary_cross_entropy_with_logits(outputs, wanted, pos_weight=weights)


def binary_focal(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the focal loss of labels, the mean over K of them: outputs and targets ``(N, K)``.

    That of classification, for the probability of a label's presence or absence; the weight of an
    absence is 1.
    """
    wanted = targets.to(outputs.dtype)
    plain = functional.binary_cross_entropy_with_logits(outputs, wanted, reduction="none")
    losses = _focus(plain, recipe)
    if recipe.class_weights:
        losses = torch.where(wanted > 0, losses * _class_weights(recipe, outputs), losses)
    return losses.mean()


def subset_cross_entropy(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return ``-log`` of the probability of the right labels among all sets of as many labels.

    The probability of a set is proportional to the product of ``exp(output)`` over its labels:
    outputs and targets ``(N, K)``. Smoothing spreads a share of it over all sets of that size.
    """
    wanted, smoothing = targets.to(outputs.dtype), recipe.label_smoothing
    sizes = targets.long().sum(dim=1)
    largest = int(sizes.max())
    # Logarithms of the sums over all sets of 0, 1, … of the labels so far: a set is without the
    # next label, or with it, and then one of those with one label less.
    totals = [torch.zeros_like(outputs[:, 0])]
    for logit in outputs.unbind(dim=1):
        grown = [total + logit for total in totals]
        both = [torch.logaddexp(*pair) for pair in zip(totals[1:], grown[:-1], strict=True)]
        totals = [totals[0], *both, grown[-1]][: largest + 1]
    total = torch.stack(totals, dim=1).gather(1, sizes[:, None])[:, 0]
    # The mean over all sets of the sum of their outputs: each label is in a share of the sets.
    spread = outputs.mean(dim=1) * sizes
    right = (outputs * wanted).sum(dim=1)
    return (total - (1 - smoothing) * right - smoothing * spread).mean()


def squared_error(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return half the squared distance of outputs ``(N, K)`` to targets ``(N, …)`` of K values."""
    total = functional.mse_loss(outputs, _like(outputs, targets), reduction="sum")
    return total / 2 / len(outputs)


def absolute_error(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the sum over K values of ``|y - t|``: outputs ``(N, K)``, targets ``(N, …)``."""
    return functional.l1_loss(outputs, _like(outputs, targets), reduction="sum") / len(outputs)


def huber(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the sum over K values of ``d²/2`` for a distance ``d < 1``, else ``d - ½``."""
    return functional.huber_loss(outputs, _like(outputs, targets), reduction="sum") / len(outputs)


def pixel_cross_entropy(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of segmentation: outputs ``(N, K, H, W)``, targets ``(N, H, W)``.

    It is a mean over examples of the mean over an example's pixels, without ignored ones. The
    weight of a pixel is that of its class.
    """
    wanted = targets.long()
    losses = functional.cross_entropy(
        outputs,
        wanted,
        ignore_index=IGNORED_PIXEL,
        reduction="none",
        label_smoothing=recipe.label_smoothing,
    )
    if recipe.class_weights:
        weights = _class_weights(recipe, outputs)
        losses = losses * weights[wanted.clamp(max=len(weights) - 1)]  # that of ignored ones is 0
    # At least 1, because every pixel of an example may be ignored.
    counted = (wanted != IGNORED_PIXEL).sum(dim=(1, 2)).clamp(min=1)
    return (losses.sum(dim=(1, 2)) / counted).mean()


def pixel_iou(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of segmentation plus 1 minus a soft intersection over union.

    That of each example, the mean over its classes, with probabilities in place of a prediction:
    a class counts as much as any other, however few pixels it has.
    """
    classes = outputs.shape[1]
    counted = (targets != IGNORED_PIXEL)[:, None]
    wanted = functional.one_hot(targets.long().clamp(max=classes - 1), classes)
    wanted = wanted.permute(0, 3, 1, 2) * counted
    shares = outputs.softmax(dim=1) * counted
    both = (shares * wanted).sum(dim=(2, 3))
    union = (shares + wanted).sum(dim=(2, 3)) - both
    # A pixel is added to both, so that a class that is neither in the target nor predicted has 1.
    iou = (both + 1) / (union + 1)
    return pixel_cross_entropy(outputs, targets, recipe) + (1 - iou).mean()


def ctc(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of strings: outputs ``(N, T, K + 1)``, targets ``(N, L)`` padded with -1.

    The mean over examples of ``-log`` of the string's probability, divided by its length. With
    label smoothing, a part of the weight is on the cross-entropy between equal probabilities and
    each time step's, their sum divided by the length, too (Kim et al. 2017, without the constant).
    """
    # On the CPU, because the gradients of CUDA's CTC depend on the order in which its threads add,
    # so that no training would be reproducible, and MPS has none.
    logs = outputs.log_softmax(dim=2).transpose(0, 1).cpu()  # (T, N, K + 1)
    wanted = targets.cpu()
    lengths = (wanted >= 0).sum(dim=1)
    loss = functional.ctc_loss(
        logs,
        wanted + 1,  # output 0 is the blank; as the padding, it is not part of any string
        input_lengths=torch.full((len(outputs),), outputs.shape[1]),
        target_lengths=lengths,
    )
    if smoothing := recipe.label_smoothing:
        even = -logs.mean(dim=2).sum(dim=0) / lengths.clamp(min=1)
        loss = (1 - smoothing) * loss + smoothing * even.mean()
    return loss.to(outputs.device)


def _class_weights(recipe: Recipe, outputs: Tensor) -> Tensor:
    """Return the weights of the classes, ``(K,)``, beside the outputs."""
    numbers = tuple(map(float, recipe.class_weights))
    return _constants(numbers, outputs.dtype, outputs.device)


@lru_cache(maxsize=16)  # because they are the same in every step
def _constants(numbers: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(numbers, dtype=dtype, device=device)


def _focus(losses: Tensor, recipe: Recipe) -> Tensor:
    """Return the focal losses of cross-entropies ``-log(p)``."""
    missing = -torch.expm1(-losses)  # 1 - p
    # Not 0, at which a power with an exponent below 1 has no gradient.
    return losses * missing.clamp(min=torch.finfo(losses.dtype).eps) ** recipe.focal_gamma


def _like(outputs: Tensor, targets: Tensor) -> Tensor:
    return targets.reshape(outputs.shape).to(outputs.dtype)
