"""Spec of the registry `zoo`: the published weights in this package."""

import os

from zoo_core import RegistrySpec, hookimpl


@hookimpl
def zoo_registries() -> list[RegistrySpec]:
    url = os.path.dirname(__file__)  # noqa: PTH120 (pathlib takes longer, at every cold start)
    return [RegistrySpec(name="zoo", summary="The weights published with zoo.", url=url)]
