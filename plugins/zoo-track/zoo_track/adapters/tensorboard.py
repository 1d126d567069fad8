"""The adapter of TensorBoard: event files in the run's folder, without torch or tensorflow."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from zoo_core.plugin_api import markdown_text
from zoo_track.tracker import Ending, Fact, Point, Subject, Tracker


class TensorBoard(Tracker):
    """Event files of one run; ``tensorboard --logdir runs`` shows all runs below a folder."""

    def start(self, subject: Subject, known: str) -> str:
        subject.folder.mkdir(parents=True, exist_ok=True)
        # Before the writer begins a file of its own.
        self._written = _last_steps(subject.folder) if known else {}
        self._writer, self._step = EventFileWriter(str(subject.folder)), 0
        if not known:
            session = SessionStartInfo(group_name=subject.name, start_time_secs=time.time())
            for name, value in subject.params.items():
                _set(session.hparams[name], value)
            plugin_data = HParamsPluginData(session_start_info=session)
            self._write([_hparams(metadata.SESSION_START_INFO_TAG, plugin_data)])
            self._write([_text("training", {**subject.params, **subject.facts})])
        self._writer.flush()
        return subject.folder.name

    def log(self, points: Sequence[Point]) -> None:
        for point in points:
            self._step = point.step
            self._write(
                Summary.Value(tag=name, simple_value=value)
                for name, value in point.values.items()
                # A killed process may have written points that it could not record any more.
                if point.step > self._written.get(name, -1)
            )
        self._writer.flush()

    def end(self, ending: Ending) -> None:
        if ending.results:
            self.log([Point(self._step, ending.results)])
        if ending.facts:
            self._write([_text("card", ending.facts)])
        if ending.finished:
            session = SessionEndInfo(status=Status.STATUS_SUCCESS, end_time_secs=time.time())
            plugin_data = HParamsPluginData(session_end_info=session)
            self._write([_hparams(metadata.SESSION_END_INFO_TAG, plugin_data)])
        self._writer.close()

    def _write(self, values: Iterable[Summary.Value]) -> None:
        summary = Summary(value=values)
        self._writer.add_event(Event(wall_time=time.time(), step=self._step, summary=summary))


def _last_steps(folder: Path) -> dict[str, int]:
    """Return the last step of each tag in the event files of a folder."""
    steps: dict[str, int] = {}
    for path in sorted(folder.glob("*.tfevents.*")):
        for event in LegacyEventFileLoader(str(path)).Load():
            steps |= {value.tag: event.step for value in event.summary.value}
    return steps


def _set(slot: object, value: Fact) -> None:
    """Set a value of protobuf's type of any JSON value."""
    kinds = {bool: "bool_value", int: "number_value", float: "number_value", str: "string_value"}
    setattr(slot, kinds[type(value)], value)


def _hparams(tag: str, plugin_data: HParamsPluginData) -> Summary.Value:
    return Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(plugin_data))


def _text(tag: str, facts: Mapping[str, Fact]) -> Summary.Value:
    """Return facts as a table in Markdown, for the tab of texts."""
    rows = [f"| {name} | {markdown_text(str(value))} |" for name, value in facts.items()]
    text = "\n".join(["| name | value |", "|---|---|", *rows])
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    return Summary.Value(
        tag=tag,
        metadata=SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text")),
        tensor=TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=shape),
    )
