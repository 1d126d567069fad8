"""The license of weights: an SPDX expression, combined from those of everything that made them.

A combined license is a conservative label and no legal advice: it has all the conditions of its
parts, and a part whose conditions are unknown stays in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

MAX_NAME_LENGTH = 64
"""Maximum length of the name of a license that SPDX does not list."""

_CREATIVE_COMMONS = frozenset({"BY", "NC", "SA", "ND"})
"""Conditions in identifiers of Creative Commons, such as CC-BY-NC-4.0."""

# The same conditions for other licenses: attribution (BY), no commercial use (NC), equal terms for
# derived works (SA, which copyleft is), no derived works (ND). A license that is not listed is
# unknown, because nothing shows what it demands.
_CONDITIONS = {
    "": "CC0-1.0 CC-PDDC PDDL-1.0 Unlicense 0BSD MIT-0",
    "BY": "MIT Apache-* BSD-?-Clause ISC Zlib BSL-1.0 NCSA PostgreSQL Python-2.0 PSF-2.0 AFL-3.0 "
    "ECL-2.0 X11 HPND ODC-By-1.0 CDLA-Permissive-*",
    "BY SA": "GPL-* LGPL-* AGPL-* MPL-* EPL-* EUPL-* CDDL-* OSL-3.0 ODbL-1.0 CDLA-Sharing-1.0",
    "BY NC": "LicenseRef-non-commercial PolyForm-Noncommercial-1.0.0",
}
"""Conditions -> shell patterns of the licenses with exactly these conditions."""


def spdx(text: str) -> str:
    """Return a license as a canonical SPDX expression.

    A name that SPDX does not list becomes ``LicenseRef-NAME``, no name ``LicenseRef-unknown``.
    """
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", text.removeprefix("LicenseRef-"))
        return f"LicenseRef-{name[:MAX_NAME_LENGTH].strip('-') or 'unknown'}"


def combine_licenses(*licenses: str) -> str:
    """Return the license of a work that is derived from works under one license or more.

    A license is left out if another one has all of its conditions and more. The remaining ones
    apply together (``AND``), sorted. A license whose conditions are unknown and a choice between
    licenses (``OR``) always remain, and replace no other.
    """
    operands = {operand for each in licenses for operand in _operands(spdx(each))}
    kept = {each for each in operands if not any(_is_stricter(more, each) for more in operands)}
    return next(iter(kept)) if len(kept) == 1 else _join(kept)


def matches_license(license: str, patterns: Iterable[str]) -> bool:
    """Return whether a license matches shell patterns of SPDX identifiers; case is ignored.

    Of licenses that apply together, each must match one of the patterns, because each binds the
    user. Of a choice, one suffices. An equal expression matches too.
    """
    expression, lower = spdx(license), [pattern.lower() for pattern in patterns]
    return expression.lower() in lower or _is_allowed(expression, lower)


def _is_allowed(expression: str, patterns: list[str]) -> bool:
    return any(
        all(
            _is_allowed(operand, patterns)
            if _is_choice(operand)
            else any(fnmatchcase(operand.lower(), pattern) for pattern in patterns)
            for operand in together
        )
        for together in _alternatives(expression)
    )


def _is_stricter(one: str, other: str) -> bool:
    # By subsets and not by a rank, because neither of share-alike and non-commercial includes the
    # other: a work with parts under both has to keep both.
    more, fewer = _conditions(one), _conditions(other)
    return more is not None and fewer is not None and more > fewer


def _conditions(operand: str) -> frozenset[str] | None:
    """Return the conditions of a license, without its exceptions; None if they are unknown."""
    if _is_choice(operand):
        return None  # they depend on the choice
    identifier = operand.partition(" WITH ")[0].removesuffix("+")
    if identifier.startswith("CC-") and (named := _CREATIVE_COMMONS & {*identifier.split("-")}):
        return named
    for conditions, patterns in _CONDITIONS.items():
        if any(fnmatchcase(identifier, pattern) for pattern in patterns.split()):
            return frozenset(conditions.split())
    return None


def _is_choice(operand: str) -> bool:
    return " OR " in operand


def _operands(expression: str) -> frozenset[str]:
    """Return the licenses that apply together; a choice between several is one of them."""
    return _collapse(_alternatives(expression))


def _collapse(alternatives: frozenset[frozenset[str]]) -> frozenset[str]:
    if len(alternatives) == 1:
        return next(iter(alternatives))
    return frozenset({" OR ".join(sorted(map(_join, alternatives)))})


def _join(operands: Iterable[str]) -> str:
    each = sorted(operands)
    return " AND ".join(f"({operand})" if _is_choice(operand) else operand for operand in each)


def _alternatives(expression: str) -> frozenset[frozenset[str]]:
    """Return the choices of an expression, each as the licenses that apply together."""
    return _parse(re.findall(r"[()]|[^\s()]+(?: WITH [^\s()]+)?", expression)[::-1])


def _parse(tokens: list[str]) -> frozenset[frozenset[str]]:
    """Return the choices up to the closing bracket or the end; `tokens` are reversed."""
    alternatives: list[frozenset[str]] = [frozenset()]
    while tokens and (token := tokens.pop()) != ")":
        if token == "OR":
            alternatives.append(frozenset())
        elif token != "AND":
            alternatives[-1] |= _collapse(_parse(tokens)) if token == "(" else {token}
    return frozenset(alternatives)
