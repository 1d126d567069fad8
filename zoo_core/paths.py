"""Where zoo keeps what it can derive again.

The rule is the same on every system and needs no library, because `zoo list` answers in the
time that importing one would take: ``$ZOO_HOME``, else ``$XDG_CACHE_HOME/zoo``, else
``~/.cache/zoo``.
"""

import os


def zoo_home() -> str:
    """Return the folder of zoo's derived files; it need not exist."""
    if home := os.environ.get("ZOO_HOME"):
        return os.path.abspath(os.path.expanduser(home))  # noqa: PTH100, PTH111 (no pathlib here)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")  # noqa: PTH118
    return os.path.join(os.path.expanduser(cache), "zoo")  # noqa: PTH111, PTH118
