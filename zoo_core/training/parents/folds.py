"""Check that weights have not learned from the examples that a fold holds out."""

from __future__ import annotations

from zoo_core.errors import InvalidValueError
from zoo_core.recipes.recipe import Recipe
from zoo_core.weights.card import Provenance


def check_unseen(field: str, name: str, card: Provenance, recipe: Recipe) -> None:
    """Check that the weights of a recipe's `field` have not seen the examples of its fold.

    Raises:
        InvalidValueError: they were trained on the same data without that fold held out, so that
            its scores would be those of examples that have been learned.
    """
    theirs, ours = ((each.folds, each.fold) for each in (card.recipe, recipe))
    if recipe.folds and card.dataset.name == recipe.dataset and theirs != ours:
        raise InvalidValueError(
            f"{field} {name} was trained on the examples that fold {recipe.fold} of {recipe.folds} "
            f"of {recipe.dataset} holds out",
            hint="Choose weights of the same fold or of other data, or leave it out: "
            f"--set {field}=''",
        )
