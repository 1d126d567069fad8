"""Script that generates the table of torchvision's models.

Run it as ``python -m zoo_torchvision.models.make_table``.
"""

import torchvision
from torchvision.models import list_models

from zoo_torch.families.make_table import make_table
from zoo_torchvision.models.probe import probe
from zoo_torchvision.models.table import PATH, TorchvisionRow


def main() -> None:
    """Make the table for the installed torchvision."""
    # Without the device that it was built for, such as "+cu130": the models are the same.
    version = torchvision.__version__.partition("+")[0]
    names = list_models(module=torchvision.models)
    make_table(PATH, TorchvisionRow, names, probe, library="torchvision", version=version)


if __name__ == "__main__":
    main()
