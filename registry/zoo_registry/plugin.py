"""Where the published weights lie: in this package."""

import os

from zoo_core import RegistrySpec, hookimpl


@hookimpl
def zoo_registries() -> list[RegistrySpec]:
    url = os.path.dirname(__file__)  # noqa: PTH120 (this module is imported at every cold start)
    return [RegistrySpec(name="zoo", summary="The weights published with zoo.", url=url)]
