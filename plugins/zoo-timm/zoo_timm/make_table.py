"""Script that generates the table of timm's models: ``python -m zoo_timm.make_table``."""

import timm
from timm.models import get_pretrained_cfg, model_entrypoint

from zoo_timm.probe import probe
from zoo_timm.table import PATH, TimmRow
from zoo_torch.families.make_table import make_table


def main() -> None:
    """Make the table for the installed timm."""
    names = timm.list_models()
    make_table(PATH, TimmRow, names, probe_name, library="timm", version=timm.__version__)


def probe_name(name: str) -> TimmRow:
    """Return the row of a model."""
    # None for a model without pretrained weights.
    about = get_pretrained_cfg(name)
    family = model_entrypoint(name).__module__.rpartition(".")[2]
    return probe(TimmRow(name, family, hub=(about and about.hf_hub_id) or ""))


if __name__ == "__main__":
    main()
