"""The plugin's specs: timm's models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import ModelSpec, hookimpl

if TYPE_CHECKING:
    from zoo_timm.table import TimmRow


@hookimpl
def zoo_models() -> list[ModelSpec]:
    # Imported here to keep the import of the plugin cheap.
    from zoo_timm.table import table

    return [_model(row) for row in table().rows.values()]


def _model(row: TimmRow) -> ModelSpec:
    # Models that cannot be trained are listed too: an unknown name would not explain the reason.
    pretrained = f"zoo_timm.pretrained:{row.name}" if row.hub and not row.problem else ""
    can = f"cannot be trained: {row.problem}" if row.problem else f"of the family {row.family}"
    return ModelSpec(
        name=f"timm/{row.name}",
        summary=f"timm's {row.name}, {can}.",
        builder=f"zoo_timm.build:{row.name}",
        config="zoo_torch.families.config:FamilyConfig",
        recipes=f"zoo_torch.families.recipes:{'PRETRAINED_' * bool(pretrained)}RECIPES",
        trainer="torch",
        dataset="mnist",
        heads=None,  # any number
        tasks=("classification", "multi-label", "regression"),
        license="Apache-2.0",
        parameters=int(row.parameters) if row.parameters else None,
        pretrained=pretrained,
    )
