"""Editable installations of plugins: those whose users can edit their code."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution


def is_editable(name: str) -> bool:
    """Return whether the user of a plugin can edit its code in place.

    Args:
        name: name of its distribution.
    """
    try:
        # Written by installers (PEP 610).
        url = json.loads(distribution(name).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return True  # a module of the user's own, which no distribution contains
    except ValueError:
        return False
    return bool(isinstance(url, dict) and url.get("dir_info", {}).get("editable"))
