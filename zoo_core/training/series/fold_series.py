"""A series of folds: one training per fold in one folder, which several processes may share."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.filenames import CARD, CONFIG, FOLDS
from zoo_core.frameworks.distributed import env_rank, env_world_size
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.validation import first_error
from zoo_core.system.terminal import print_lines
from zoo_core.training.make_plan import make_plan
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import RunConfig, check_run_folder, make_run_folder
from zoo_core.training.training import Training

POLL = 0.5
"""Seconds between two looks for a fold that no other process trains."""


@dataclass(frozen=True)
class FoldSeries:
    """The trainings of all folds of a recipe, each in a folder of its own.

    Attributes:
        catalog: the installed plugins.
        name: name of the model.
        recipe: name of one of its recipes, or path of a ``.toml`` file.
        overrides: values that override the recipe's.
        folds: number of folds.
        folder: folder of the series; fold 3 is trained in its folder ``fold-3``.
    """

    catalog: Catalog
    name: str
    recipe: str
    overrides: tuple[Mapping[str, Any], ...]
    folds: int
    folder: Path

    @classmethod
    def open(
        cls,
        catalog: Catalog,
        name: str,
        *,
        folds: int,
        fold: int = 1,
        recipe: str = "default",
        overrides: Iterable[Mapping[str, Any]] = (),
        out: Path | None = None,
    ) -> FoldSeries:
        """Return a new series, or one that was begun with the same values.

        Args:
            catalog: the installed plugins.
            name: name of the model.
            folds: number of folds.
            fold: fold that is trained first, whose plan is checked.
            recipe: see `FoldSeries`, as for `overrides`.
            overrides: see `FoldSeries`.
            out: folder of the series; None for the unfinished one of these values in ``runs``, or
                else for the next free folder there.

        Raises:
            InvalidValueError: a value is not allowed, or `out` has something else.
        """
        series = cls(catalog, name, recipe, tuple(overrides), folds, out or Path())
        plan = series.plan(fold)
        if out is None:
            others = (
                replace(series, folder=each) for each in sorted(Path("runs").glob("*-[0-9]*"))
            )
            unfinished = next((each for each in others if each.continues(plan)), None)
            folder = make_run_folder(None, plan.model.spec.name) if unfinished is None else Path()
            return unfinished or replace(series, folder=folder)
        if not series.begun:
            # Empty folders and locks are left over if every process was killed at its start.
            is_left_over = out.is_dir() and all(
                each.name.startswith("fold-") for each in out.iterdir()
            )
            if not is_left_over:
                check_run_folder(out)
        for each in series.begun:
            series.check_same(each, plan)
        out.mkdir(parents=True, exist_ok=True)
        return series

    def plan(self, fold: int) -> Plan:
        """Return the plan of a fold's training."""
        return make_plan(self.catalog, self.name, self.recipe, self._overrides(fold))

    def run_folder(self, fold: int) -> Path:
        """Return the folder of a fold's training."""
        return self.folder / f"fold-{fold}"

    def is_done(self, fold: int) -> bool:
        """Return whether a fold is trained."""
        return (self.run_folder(fold) / CARD).exists()

    @property
    def begun(self) -> list[int]:
        """The folds whose training has begun, finished or not."""
        every = range(1, self.folds + 1)
        return [fold for fold in every if (self.run_folder(fold) / CONFIG).exists()]

    @property
    def missing(self) -> list[int]:
        """The folds that are not trained yet."""
        return [fold for fold in range(1, self.folds + 1) if not self.is_done(fold)]

    def continues(self, plan: Plan) -> bool:
        """Return whether the folder has an unfinished series of the values of a plan."""
        try:
            for fold in self.begun:
                self.check_same(fold, plan)
        except (DataError, InvalidValueError):
            return False
        return bool(self.begun) and not (self.folder / FOLDS).exists()

    def check_same(self, fold: int, plan: Plan) -> None:
        """Check that a fold was begun with the values of a plan, apart from the fold.

        Raises:
            InvalidValueError: it was not.
            DataError: its ``config.json`` is damaged.
        """
        path = self.run_folder(fold) / CONFIG
        try:
            begun = RunConfig.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as exc:
            raise DataError(
                f"{path} cannot be read: {first_error(exc)}", hint=f"Remove {path.parent}."
            ) from exc
        before = _values(begun.model, begun.recipe.json_values(), begun.config)
        config = plan.config.model_dump(mode="json")
        now = _values(plan.model.spec.name, plan.recipe.json_values(), config)
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                raise InvalidValueError(
                    f"{path.parent} was begun with other values: expected {key} "
                    f"{before.get(key)!r}, got {now.get(key)!r}",
                    hint="Repeat its values, or name another folder with --out.",
                )

    def train(self, folds: Iterable[int], **how: Any) -> None:
        """Train folds that are not trained yet, unless other processes do.

        Returns when all of them are trained, here or elsewhere. The folds of a process that was
        killed are continued from their checkpoints.

        Args:
            folds: the folds.
            how: arguments of `Training.new`, such as device and callbacks.

        Raises:
            InterruptedTrainingError: a signal stopped the training; `train` continues it.
        """
        folds = [*folds]
        try:
            while missing := [fold for fold in folds if not self.is_done(fold)]:
                is_trained = any(self._try_to_train(fold, how) for fold in missing)
                if env_world_size() > 1:  # a single fold, whose card only rank 0 may see
                    if not is_trained:
                        where = self.run_folder(missing[0])
                        raise InvalidValueError(f"another process trains {where}")
                    return
                if not is_trained:
                    time.sleep(POLL)
        finally:
            # Then no process locks a fold again, or none could begin: no empty folder is left.
            if not self.missing or not self.begun:
                self._remove_locks()

    def _remove_locks(self) -> None:
        with contextlib.suppress(OSError):
            for path in self.folder.glob("fold-*.lock"):
                path.unlink()
            self.folder.rmdir()  # which fails, unless it is empty

    def _try_to_train(self, fold: int, how: Mapping[str, Any]) -> bool:
        """Train a fold; return False if another process has it."""
        with _lock(self.folder / f"fold-{fold}.lock") as is_held:
            # Again, because another process may have finished it before the lock was free.
            if is_held and not self.is_done(fold):
                self._training(fold, how).run()
            return is_held

    def _training(self, fold: int, how: Mapping[str, Any]) -> Training:
        folder = self.run_folder(fold)
        if fold in self.begun:
            given = {key: value for key, value in how.items() if (key, value) != ("device", "auto")}
            return Training.resume(self.catalog, folder, **given)
        new = Training.new(
            self.catalog, self.name, recipe=self.recipe, overrides=self._overrides(fold), **how
        )
        return replace(new, open_folder=lambda: _make(folder))

    def _overrides(self, fold: int) -> list[Mapping[str, Any]]:
        return [*self.overrides, {"folds": self.folds, "fold": fold}]


def check_launcher(fold: int | None, out: Path | None) -> None:
    """Check that the processes of a launcher train one fold, in a folder that all of them know.

    Raises:
        InvalidValueError: they do not.
    """
    # They would have to agree on the next fold, which other commands may take meanwhile.
    if env_world_size() > 1 and (fold is None or out is None):
        raise InvalidValueError(
            f"--folds: expected 1 process, got WORLD_SIZE {env_world_size()}",
            hint="Train each fold by a command of its own: torchrun … --folds N --fold 1 --out "
            "FOLDER",
        )


def _values(model: str, recipe: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all folds have in common, by the names that a user can set."""
    common = {key: value for key, value in recipe.items() if key not in {"fold", "model"}}
    return {"name": model, **common, **{f"model.{key}": each for key, each in config.items()}}


def _make(folder: Path) -> Path:
    # It may exist, left over from a process that was killed before it wrote its `config.json`.
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold a lock during the block, which the system releases if the process is killed.

    Yields:
        Whether the lock is held; False if another process holds it.
    """
    if env_rank() > 0:  # rank 0 holds it for all processes of torchrun
        yield True
        return
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    # Some network file systems have no locks; a fold that is trained twice is the same fold.
    except (OSError, NotImplementedError) as exc:
        print_lines(f"zoo: {path} cannot be locked: {exc}", err=True)
        yield True
        return
    try:
        yield True
    finally:
        lock.release()
