"""Licenses of weights: combined without losing a condition, and matched by pattern."""

import pytest
from hypothesis import given, strategies as st
from packaging.licenses import canonicalize_license_expression

from zoo_core.weights.license import combine_licenses, matches_license, spdx

CONDITIONS = {
    "CC0-1.0": set(),
    "MIT": {"BY"},
    "Apache-2.0": {"BY"},
    "CC-BY-4.0": {"BY"},
    "CC-BY-SA-3.0": {"BY", "SA"},
    "GPL-3.0-only": {"BY", "SA"},
    "GPL-2.0+": {"BY", "SA"},
    "GPL-2.0-only WITH Classpath-exception-2.0": {"BY", "SA"},
    "CC-BY-NC-4.0": {"BY", "NC"},
    "LicenseRef-non-commercial": {"BY", "NC"},
    "CC-BY-NC-SA-4.0": {"BY", "NC", "SA"},
    "CC-BY-ND-4.0": {"BY", "ND"},
    "CC-BY-NC-ND-4.0": {"BY", "NC", "ND"},
}
UNKNOWN = ["LicenseRef-unknown", "LicenseRef-unstated", "LicenseRef-gemma", "Beerware"]

EXPRESSIONS = st.recursive(
    st.sampled_from([*CONDITIONS, *UNKNOWN]),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: "({}) {} ({})".format(*parts)
    ),
    max_leaves=4,
)


def conditions_of(license):
    """Return all conditions in an expression without OR; those of unknown licenses are unknown."""
    return set().union(*(CONDITIONS.get(each, {each}) for each in license.split(" AND ")))


@pytest.mark.parametrize(
    ("parts", "combined"),
    [
        (("Apache-2.0", "CC-BY-NC-4.0", "MIT"), "CC-BY-NC-4.0"),
        (("MIT", "CC-BY-SA-3.0"), "CC-BY-SA-3.0"),
        (("mit", "CC0-1.0"), "MIT"),
        (("MIT", "BSD-3-Clause"), "BSD-3-Clause AND MIT"),
        (("CC-BY-SA-4.0", "CC-BY-SA-3.0"), "CC-BY-SA-3.0 AND CC-BY-SA-4.0"),
        (("MIT", "LicenseRef-non-commercial"), "LicenseRef-non-commercial"),
        (("CC-BY-NC-SA-4.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0"), "CC-BY-NC-SA-4.0"),
        (("MIT", "LicenseRef-unknown"), "LicenseRef-unknown AND MIT"),
        (("CC-BY-NC-4.0", "LicenseRef-unstated"), "CC-BY-NC-4.0 AND LicenseRef-unstated"),
        (("GPL-3.0-only", "Beerware"), "Beerware AND GPL-3.0-only"),
        (("MIT", "free for all!"), "LicenseRef-free-for-all AND MIT"),
        (("MIT", ""), "LicenseRef-unknown AND MIT"),
        (("MIT OR Apache-2.0", "Apache-2.0 OR MIT"), "Apache-2.0 OR MIT"),
        (("MIT OR GPL-3.0-only", "CC0-1.0"), "CC0-1.0 AND (GPL-3.0-only OR MIT)"),
        (("(MIT AND ISC) OR ((MIT))",), "ISC AND MIT OR MIT"),
    ],
)
def test_combined_license_is_strictest(parts, combined):
    assert combine_licenses(*parts) == combined


# Neither of share-alike and non-commercial includes the other: dropping one would allow what its
# author forbids.
def test_combined_license_retains_share_alike_beside_non_commercial():
    assert combine_licenses("CC-BY-NC-4.0", "CC-BY-SA-3.0") == "CC-BY-NC-4.0 AND CC-BY-SA-3.0"


@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_combine_licenses_is_semilattice(a, b, c):
    assert combine_licenses(a, b) == combine_licenses(b, a)
    left = combine_licenses(combine_licenses(a, b), c)
    assert left == combine_licenses(a, combine_licenses(b, c)) == combine_licenses(a, b, c)
    assert combine_licenses(a, a) == combine_licenses(a) == combine_licenses(combine_licenses(a))
    assert combine_licenses(left, b) == left


@given(st.lists(EXPRESSIONS, min_size=1, max_size=4))
def test_combined_license_is_canonical_and_retains_unknown_ones(licenses):
    combined = combine_licenses(*licenses)
    assert canonicalize_license_expression(combined) == combined
    for unknown in UNKNOWN:
        assert (unknown in combined) == any(unknown in each for each in licenses)


@given(st.lists(st.sampled_from([*CONDITIONS, *UNKNOWN]), min_size=1, max_size=5))
def test_combined_license_has_exactly_conditions_of_parts(licenses):
    expected = set().union(*map(conditions_of, licenses))
    assert conditions_of(combine_licenses(*licenses)) == expected


@given(st.text())
def test_spdx_returns_canonical_expression_for_any_text(text):
    expression = spdx(text)
    assert canonicalize_license_expression(expression) == expression == spdx(expression)


@pytest.mark.parametrize(
    ("license", "patterns", "matched"),
    [
        ("MIT", ["mit"], True),
        ("MIT", ["MIT-0"], False),
        ("CC-BY-SA-3.0", ["CC-BY*"], True),
        ("BSD-3-Clause AND MIT", ["mit"], False),
        ("BSD-3-Clause AND MIT", ["MIT", "bsd*"], True),
        ("BSD-3-Clause AND MIT", ["bsd-3-clause and mit"], True),
        ("LicenseRef-unknown AND MIT", ["MIT*"], False),
        ("GPL-3.0-only OR MIT", ["MIT"], True),
        ("(Apache-2.0 AND GPL-3.0-only OR MIT) AND ISC", ["MIT"], False),
        ("(Apache-2.0 AND GPL-3.0-only OR MIT) AND ISC", ["MIT", "isc"], True),
        ("free", ["licenseref-*"], True),
    ],
)
def test_matches_license_requires_match_of_all_that_bind(license, patterns, matched):
    assert matches_license(license, patterns) == matched
