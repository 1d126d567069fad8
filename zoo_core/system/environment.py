"""Environment variables of zoo."""

import os

VARIABLES = {
    "ZOO_HOME": "folder of zoo's files: index, caches, settings",
    "ZOO_DATA": "folder that contains data set files already, so that zoo does not download them",
    "ZOO_OFFLINE": "1 forbids network access: no registry, package index or mirror",
    "ZOO_TIMEOUT": "seconds without progress after which a download fails, 30 by default",
    "ZOO_MAX_PIXELS": "maximum number of pixels of an image file, 178,956,970 by default",
    "ZOO_PLUGINS": "plugins to load, separated by commas; no:NAME for all except NAME",
    "ZOO_EXTRA_PLUGINS": "files and modules to load as plugins, as `zoo -p` does",
    "ZOO_STRICT_PLUGINS": "1 makes an unusable plugin an error, even if it is not needed",
    "ZOO_TRACK": "trackers to report trainings to, separated by commas, as `--track` does",
    "ZOO_TRACK_WEIGHTS": "1 sends weights to the trackers, too",
    "ZOO_SERVE_TOKEN": "token that `zoo serve` requires of each request",
    "ZOO_NO_CACHE": "1 disables the index of plugins: it is neither read nor written",
}
"""Names of the variables, each with its effect."""


def is_set(name: str) -> bool:
    """Return whether a variable has a value other than 0, false or no."""
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no")
