"""What every model, dataset and trainer must hold: one set of checks, ours and anybody's.

@pytest.mark.parametrize("check", checks(Catalog.load()), ids=str)
def test_it_keeps_its_contract(check):
    check.run()
"""

from __future__ import annotations

from collections.abc import Iterator

from zoo_core.catalog import Catalog
from zoo_core.resolution import recipe_names
from zoo_core.testing.check import Check, ContractError
from zoo_core.testing.datasets import DATASET_CHECKS
from zoo_core.testing.faults import MODEL_FAULTS, RECIPE_FAULTS
from zoo_core.testing.models import MODEL_CHECKS
from zoo_core.testing.trainers import check_field_is_followed

__all__ = ["Check", "ContractError", "checks"]


def checks(catalog: Catalog) -> list[Check]:
    """Return every check of everything in a catalog.

    A model is checked with each of its recipes, a trainer with each recipe field that it follows.
    """
    return [*_of_models(catalog), *_of_datasets(catalog), *_of_trainers(catalog)]


def _of_models(catalog: Catalog) -> Iterator[Check]:
    for name, model in catalog.entries("models").items():
        for recipe in recipe_names(model):
            for what, check in {**MODEL_CHECKS, **RECIPE_FAULTS}.items():
                yield Check(f"{name}.{recipe}: {what}", check, (catalog, name, recipe))
        for what, fault in MODEL_FAULTS.items():
            yield Check(f"{name}: {what}", fault, (catalog, name))


def _of_datasets(catalog: Catalog) -> Iterator[Check]:
    for name in catalog.entries("datasets"):
        for what, check in DATASET_CHECKS.items():
            yield Check(f"{name}: {what}", check, (catalog, name))


def _of_trainers(catalog: Catalog) -> Iterator[Check]:
    for name, trainer in catalog.entries("trainers").items():
        for field in sorted({"lr", "seed"}.union(trainer.spec.recipe_fields)):
            yield Check(f"{name}: follows {field}", check_field_is_followed, (catalog, name, field))
