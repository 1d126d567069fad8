"""Environment variables of zoo."""

import os

VARIABLES = {
    "ZOO_HOME": "folder of everything that zoo keeps: index, cache, settings",
    "ZOO_DATA": "folder with files of data sets, so that they need not be fetched",
    "ZOO_OFFLINE": "1: nobody elsewhere is asked: no registry, package index or mirror",
    "ZOO_TIMEOUT": "seconds before a transfer is given up, 30 unless set",
    "ZOO_PLUGINS": "the plugins that are loaded, by commas; no:NAME for all but that one",
    "ZOO_STRICT_PLUGINS": "1: a plugin that cannot be used is an error, needed or not",
    "ZOO_NO_CACHE": "1: the index of plugins is neither read nor written",
}
"""Each variable and what it decides."""


def is_set(name: str) -> bool:
    """Say whether a variable is set to something other than 0, false or no."""
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no")
