"""The page of environment variables and exit codes."""

from __future__ import annotations

from collections.abc import Iterator

from site_pages.markdown import code, page, table
from zoo_core import errors
from zoo_core.system.environment import VARIABLES

OTHER_CODES = {
    0: "success",
    1: "another failure",
    2: "wrong usage: an unknown option, or a value of the wrong type",
    130: "interrupted by Ctrl-C or SIGTERM",
}
"""Exit code -> meaning, of the codes that are not only those of one exception."""


def pages() -> dict[str, str]:
    """Return the page of environment variables and exit codes."""
    variables = table(("variable", "effect"), ((code(n), t) for n, t in VARIABLES.items()))
    codes = table(("code", "meaning", "exceptions"), _exit_codes(), right=("code",))
    content = page(
        "# Environment and exit codes",
        "## Environment variables",
        variables,
        "## Exit codes",
        "A command ends with one of these codes. In Python, the exceptions in the last column are "
        "raised instead; their base class is `zoo_core.ZooError`.",
        codes,
    )
    return {"reference/environment.md": content}


def _exit_codes() -> Iterator[tuple[int, str, str]]:
    """Yield code, meaning and exceptions."""
    classes: dict[int, list[type[errors.ZooError]]] = {}
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.ZooError):
            classes.setdefault(value.exit_code, []).append(value)
    for number in sorted(OTHER_CODES.keys() | classes.keys()):
        raised = classes.get(number, [])
        first = (raised[0].__doc__ or "").partition("\n")[0].rstrip(".") if raised else ""
        names = ", ".join(code(each.__name__) for each in raised)
        yield number, OTHER_CODES.get(number) or f"{first[:1].lower()}{first[1:]}", names or "–"
