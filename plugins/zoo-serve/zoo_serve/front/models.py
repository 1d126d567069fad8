"""Served models by name: their facts, and the place of a name in a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zoo_core.plugin_api import join_names
from zoo_serve.front.computing.worker import Facts
from zoo_serve.front.responses import HttpError
from zoo_serve.targets import Asked, Target, is_followed


@dataclass
class Model:
    """A served model.

    Attributes:
        asked: the name as the user gave it.
        target: the weights.
        facts: facts for clients.
        withdrawn: reason why it is not served any more; empty if it is.
    """

    asked: Asked
    target: Target
    facts: dict[str, Any] = field(default_factory=dict)
    withdrawn: str = ""

    @property
    def is_followed(self) -> bool:
        """True if the name has no tag, so that the default tag is served."""
        return is_followed(self.asked, self.target)


class Route(NamedTuple):
    """A path that contains the name of a model.

    Attributes:
        model: the model.
        action: rest of the path after the name, such as ``/infer``.
        version: version in the path; empty if it has none.
    """

    model: Model
    action: str
    version: str


class Models:
    """All served models.

    Args:
        models: the models; names are unique.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self.by_name = {model.asked.name: model for model in models}
        # The longest first, because "timm/ready" may be a name and the path of another one.
        self._names = sorted(self.by_name, key=len, reverse=True)

    def __iter__(self) -> Any:
        return iter(self.by_name.values())

    @property
    def targets(self) -> list[Target]:
        """The weights of all models."""
        return [model.target for model in self]

    def update(self, targets: Sequence[Target], facts: Facts) -> None:
        """Store the weights and facts of the models that workers have loaded."""
        for target in targets:
            model = self.by_name[target.name]
            model.target, model.facts = target, facts[target.name]

    def find(self, path: str) -> Route:
        """Return the model that a path begins with, and the rest of the path.

        Raises:
            HttpError: 404 for an unknown model, 410 for a withdrawn one.
        """
        for name in self._names:
            if path == name or path.startswith(f"{name}/"):
                model, rest = self.by_name[name], path[len(name) :]
                break
        else:
            known = join_names(self.by_name)
            raise HttpError(404, f"no model {path[:200]!r}. Choose one of: {known}.")
        if model.withdrawn:
            raise HttpError(410, model.withdrawn)
        version = ""
        if rest.startswith("/versions/"):
            # A tag has no slash.
            version, slash, action = rest.removeprefix("/versions/").partition("/")
            rest = slash + action
        return Route(model, rest, version)

    def check_version(self, route: Route) -> None:
        """Check the version of a path.

        Raises:
            HttpError: 404 for another version than the served one.
        """
        served = route.model.target.version
        if route.version not in ("", served):
            raise HttpError(
                404,
                f"wrong version of {route.model.asked.name}: expected {served!r}, "
                f"got {route.version[:80]!r}",
            )
