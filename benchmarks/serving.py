"""Requests per second of `zoo serve` beside other servers, and its behavior under faults.

    python -m benchmarks.serving speed --other litserve=/tmp/litserve --other bentoml=/tmp/bentoml
    python -m benchmarks.serving faults --count 1000

Every server has one worker, and predicts an image file with the same ONNX program. The others
decode the image, run the program, and return the most probable class; `zoo serve` also finds the
digit, calibrates, checks the familiarity, and verifies what it serves. ``--other NAME=FOLDER``
names a virtual environment: ``pip install NAME onnxruntime pillow``. Both parts need
``apt-get install wrk``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import click
from PIL import Image, ImageDraw

import zoo_registry
from zoo_core.filenames import INDEX

MODEL = "cnn.best"
REGISTRY = Path(zoo_registry.__file__).parent

COMMON = f"""
import io, sys
import numpy as np, onnxruntime
from PIL import Image

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession({str(REGISTRY / "cnn/best/model.onnx")!r}, options)

def decode(content):
    image = Image.open(io.BytesIO(content)).convert("L").resize((28, 28))
    return np.asarray(image, np.uint8)[np.newaxis]

def answers(images):
    (logits,) = session.run(None, {{session.get_inputs()[0].name: np.stack(images)}})
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    return [{{"label": int(row.argmax()), "probability": float(row.max())}} for row in shares]
"""

PROGRAMS = {
    "starlette": f"""{COMMON}
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def predict(request):
    form = await request.form()
    (answer,) = answers([decode(await form["image"].read())])
    return JSONResponse(answer)

app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
""",
    "litserve": f"""{COMMON}
import litserve

class Api(litserve.LitAPI):
    def setup(self, device):
        pass
    def decode_request(self, request):
        return decode(request["image"].file.read())
    def batch(self, inputs):
        return inputs
    def predict(self, images):
        return answers(images)
    def unbatch(self, output):
        return output
    def encode_response(self, output):
        return output

if __name__ == "__main__":
    server = litserve.LitServer(
        Api(max_batch_size=64, batch_timeout=0.002), accelerator="cpu", workers_per_device=1
    )
    server.run(port=int(sys.argv[1]), log_level="error", generate_client_file=False)
""",
    "bentoml": f"""{COMMON}
import bentoml
from PIL.Image import Image as Picture

@bentoml.service(workers=1, traffic={{"timeout": 60}})
class Service:
    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def predict(self, image: list[Picture]) -> list[dict]:
        arrays = [np.asarray(each.convert("L").resize((28, 28)), np.uint8) for each in image]
        return answers([array[np.newaxis] for array in arrays])
""",
}
"""Name of a server -> its program; the first argument is the port."""

SCRIPT = """
local file = io.open(%(body)s, "rb")
wrk.method, wrk.body = "POST", file:read("*a")
for name, value in string.gmatch(%(headers)s, "([^:\\n]+): ([^\\n]+)") do
  wrk.headers[name] = value
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"rate": %%f, "p50": %%f, "p99": %%f, "errors": %%d}\\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
"""Script of wrk that posts a body and prints its figures as JSON."""

MULTIPART = "multipart/form-data; boundary=xyz"


class Load(NamedTuple):
    """A request that wrk repeats.

    Attributes:
        path: path of the URL.
        headers: headers of the request.
        body: its body.
    """

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Figures:
    """Figures of one run.

    Attributes:
        rate: requests per second.
        p50: median latency in milliseconds.
        p99: 99th percentile of the latency in milliseconds.
        errors: connections and responses that failed.
        memory: MiB of all processes at the end.
    """

    rate: float
    p50: float
    p99: float
    errors: int
    memory: float


def digit() -> bytes:
    """Return an image file of a 1, 28×28."""
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).line([(14, 5), (13, 23)], fill=255, width=3)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def image_load() -> Load:
    """Return the request of an image to `zoo serve`."""
    return Load(f"/predict/{MODEL}", {"content-type": "image/png"}, digit())


def tensor_load() -> Load:
    """Return the request of a binary tensor to `zoo serve`."""
    tensor = {"name": "images", "datatype": "UINT8", "shape": [1, 1, 28, 28]}
    inputs = [{**tensor, "parameters": {"binary_data_size": 784}}]
    outputs = [{"name": "logits", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    return Load(f"/v2/models/{MODEL}/infer", headers, head + bytes(784))


def form_load() -> Load:
    """Return the request of an image in a form to the other servers."""
    head = b'--xyz\r\nContent-Disposition: form-data; name="image"; filename="1.png"\r\n'
    body = head + b"Content-Type: image/png\r\n\r\n" + digit() + b"\r\n--xyz--\r\n"
    return Load("/predict", {"content-type": MULTIPART}, body)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextlib.contextmanager
def started(command: Sequence[str], port: int, load: Load, folder: Path) -> Iterator[int]:
    """Run a server, and yield the number of its process when it answers a request."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while not answers(port, load):
            if process.poll() is not None:
                raise click.ClickException((folder / "log").read_text())
            time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        # Also after its end, because some servers leave processes behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int, load: Load) -> bool:
    """Return whether a server answers a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("POST", load.path, load.body, load.headers)
        return connection.getresponse().status == 200
    return False


def zoo_command(port: int, *arguments: str) -> list[str]:
    """Return the command of `zoo serve` with one worker."""
    zoo = [sys.executable, "-m", "zoo_core", "serve", *(arguments or (MODEL,))]
    return [*zoo, "--port", str(port), "--workers", "1"]


def other_command(name: str, python: Path, port: int, folder: Path) -> list[str]:
    """Write the program of another server into a folder, and return its command."""
    (folder / "program.py").write_text(PROGRAMS[name])
    if name != "bentoml":
        return [str(python), "program.py", str(port)]
    bentoml = python.with_name("bentoml")
    return [str(bentoml), "serve", "program:Service", "--port", str(port)]


def run_wrk(port: int, load: Load, clients: int, seconds: int, folder: Path) -> dict[str, float]:
    """Return the figures of wrk."""
    (folder / "body").write_bytes(load.body)
    headers = "".join(f"{name}: {value}\n" for name, value in load.headers.items())
    values = {"body": json.dumps(str(folder / "body")), "headers": json.dumps(headers)}
    (folder / "load.lua").write_text(SCRIPT % values)
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}", "-s", str(folder / "load.lua")]
    url = f"http://127.0.0.1:{port}{load.path}"
    out = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    found = re.search("RESULT (.*)", out)
    assert found, out
    figures: dict[str, float] = json.loads(found[1])
    return figures


def memory_of(pid: int) -> float:
    """Return the MiB of a process and its descendants, with shared pages counted once each."""
    own = 0.0
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        own = float(re.findall(r"Pss: +(\d+)", text)[0]) / 1024
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            own += memory_of(int(child))
    return own


def measure(
    command: Callable[[int, Path], list[str]], load: Load, clients: int, seconds: int
) -> Figures:
    """Return the figures of a server for a load."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with started(command(port, folder), port, load, folder) as pid:
            run_wrk(port, load, clients, 2, folder)  # warms up
            found = run_wrk(port, load, clients, seconds, folder)
            return Figures(
                found["rate"], found["p50"], found["p99"], int(found["errors"]), memory_of(pid)
            )


@click.group()
def main() -> None:
    """Measure `zoo serve`."""


@main.command()
@click.option("--clients", default=50, show_default=True)
@click.option("--seconds", default=10, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--other", "others", multiple=True, metavar="NAME=FOLDER")
def speed(clients: int, seconds: int, rounds: int, others: tuple[str, ...]) -> None:
    """Measure servers in turn, and print the medians."""
    folders = {"starlette": Path(sys.prefix), **_parse_folders(others)}
    contestants: dict[str, tuple[Callable[[int, Path], list[str]], Load]] = {
        "zoo, image": (lambda port, _: zoo_command(port), image_load()),
        "zoo, binary tensor": (lambda port, _: zoo_command(port), tensor_load()),
    }
    for name, folder in folders.items():
        contestants[name] = (_other(name, folder / "bin" / "python"), form_load())
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (command, load) in contestants.items():
            found[name].append(measure(command, load, clients, seconds))
    click.echo(f"{clients} clients, {seconds} s, medians of {rounds} rounds in turn")
    click.echo(f"{'':<20}{'per second':>11}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}{'MiB':>7}")
    for name, runs in found.items():
        rate, p50, p99, memory = (
            statistics.median(getattr(run, each) for run in runs)
            for each in ("rate", "p50", "p99", "memory")
        )
        errors = sum(run.errors for run in runs)
        click.echo(f"{name:<20}{rate:>11,.0f}{p50:>9.1f}{p99:>9.1f}{errors:>8}{memory:>7.0f}")


def _parse_folders(others: Sequence[str]) -> dict[str, Path]:
    pairs = [each.partition("=") for each in others]
    return {name: Path(folder) for name, _, folder in pairs}


def _other(name: str, python: Path) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: other_command(name, python, port, folder)


# Faults: good clients go on while bad ones come.


class Good:
    """Clients whose requests must all be answered, with the same bytes."""

    def __init__(self, port: int, clients: int) -> None:
        self._port, self._clients = port, clients
        self._done = threading.Event()
        self.answered, self.lost = 0, Counter[str]()
        self._lock = threading.Lock()
        self._expected = self._ask(self._connect())[1]

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        load = image_load()
        connection.request("POST", load.path, load.body, load.headers)
        response = connection.getresponse()
        return response.status, response.read()

    def _run(self) -> None:
        connection = self._connect()
        while not self._done.is_set():
            try:
                status, body = self._ask(connection)
                fault = "" if (status, body) == (200, self._expected) else f"{status} {body[:80]!r}"
            except (OSError, http.client.HTTPException) as exc:
                fault = repr(exc)
                connection = self._connect()
            with self._lock:
                self.answered += not fault
                self.lost.update([fault] * bool(fault))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Send requests during the block."""
        self._done.clear()
        threads = [threading.Thread(target=self._run) for _ in range(self._clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._done.set()
            for thread in threads:
                thread.join()


def raw_status(port: int, content: bytes, *, cut: bool = False) -> str:
    """Send bytes, and return the status of the response; ``cut`` closes the connection instead."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        try:
            connection.sendall(content)
            if cut:
                return "cut"
            return connection.recv(64).split(b" ")[1].decode()
        except (OSError, IndexError) as exc:
            return type(exc).__name__


def infer(tensor: dict[str, Any], rest: bytes = b"") -> bytes:
    """Return the bytes of a request with a tensor."""
    facts = {"name": "images", "datatype": "UINT8", "shape": [1, 1, 28, 28], **tensor}
    head = json.dumps({"inputs": [facts]}).encode()
    return post(
        f"/v2/models/{MODEL}/infer",
        head + rest,
        f"inference-header-content-length: {len(head)}\r\n" if rest else "",
    )


def post(path: str, body: bytes, headers: str = "", length: int | None = None) -> bytes:
    """Return the bytes of a request."""
    size = len(body) if length is None else length
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + body


PREDICT = f"/predict/{MODEL}"

BAD: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "slow headers": (f"POST {PREDICT} HTTP/1.1\r\nHost".encode, {"408"}),
    "slow bodies": (lambda: post(PREDICT, b"half", length=1000), {"408"}),
    "cut bodies": (lambda: post(PREDICT, b"half", length=1000), {"cut"}),
    "huge declared bodies": (lambda: post(PREDICT, b"", length=1 << 50), {"413"}),
    "malformed JSON": (lambda: post(f"/v2/models/{MODEL}/infer", b'{"inputs": ['), {"400"}),
    "deep nesting": (lambda: post(f"/v2/models/{MODEL}/infer", b"[" * 100_000), {"400"}),
    "no images": (lambda: post(PREDICT, os.urandom(500)), {"400"}),
    "wrong names": (lambda: infer({"name": "pictures", "data": [0] * 784}), {"400"}),
    "wrong dtypes": (lambda: infer({"datatype": "FP32", "data": [0] * 784}), {"400"}),
    "wrong shapes": (lambda: infer({"shape": [1, 28, 28], "data": [0] * 784}), {"400"}),
    "values out of range": (lambda: infer({"data": [300] * 784}), {"400"}),
    "cut tensors": (
        lambda: infer({"parameters": {"binary_data_size": 784}}, bytes(700)),
        {"400"},
    ),
    "NaN": (
        lambda: infer(
            {"datatype": "FP32", "parameters": {"binary_data_size": 3136}},
            struct.pack("<f", float("nan")) * 784,
        ),
        {"400"},
    ),
    "no HTTP": (lambda: b"\x16\x03\x01" + os.urandom(50) + b"\r\n\r\n", {"400"}),
}
"""Kind of bad request -> its bytes, and the statuses that refuse it."""


@main.command()
@click.option("--count", default=100, show_default=True, help="Number of faults of each kind.")
@click.option("--clients", default=4, show_default=True, help="Number of good clients.")
@click.option("--parallel", default=50, show_default=True, help="Number of bad ones at once.")
def faults(count: int, clients: int, parallel: int) -> None:
    """Send bad requests, kill workers and remove the registry while good clients go on."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        registry = folder / "registry"
        shutil.copytree(REGISTRY / "cnn" / "best", registry / "cnn" / "best")
        shutil.copyfile(REGISTRY / INDEX, registry / INDEX)
        arguments = [MODEL, "--registry", str(registry), "--client-timeout", "2"]
        with started(zoo_command(port, *arguments), port, image_load(), folder) as pid:
            good = Good(port, clients)
            click.echo(f"{'':<22}{'sent':>7}{'refused':>9}{'good':>9}{'lost':>6}{'MiB':>7}")
            for kind, (make, expected) in BAD.items():
                with good.running(), ThreadPoolExecutor(parallel) as pool:
                    send = _sender(port, make, cut="cut" in expected)
                    statuses = Counter(pool.map(send, range(count)))
                refused = sum(statuses[each] for each in expected)
                _report(kind, count, refused, good, pid)
                if refused < count:
                    click.echo(f"  {dict(statuses)}")
            _flood(port, count, good, pid)
            _kill(pid, port, count, good)
            _vanish(registry, count, good, pid)
            for fault, number in good.lost.most_common(5):
                click.echo(f"lost: {number} × {fault}")


def _sender(port: int, make: Callable[[], bytes], *, cut: bool) -> Callable[[int], str]:
    return lambda _: raw_status(port, make(), cut=cut)


def _report(kind: str, sent: int, refused: int, good: Good, pid: int) -> None:
    lost = sum(good.lost.values())
    click.echo(
        f"{kind:<22}{sent:>7,}{refused:>9,}{good.answered:>9,}{lost:>6}{memory_of(pid):>7.0f}"
    )


def _flood(port: int, count: int, good: Good, pid: int) -> None:
    """Send good requests of many clients at once; each is answered, or refused by 503."""
    load = image_load()
    content = post(load.path, load.body, "content-type: image/png\r\n")
    with good.running(), ThreadPoolExecutor(500) as pool:
        statuses = Counter(pool.map(lambda _: raw_status(port, content), range(count)))
    _report("floods", count, statuses["200"] + statuses["503"], good, pid)
    click.echo(f"  {dict(statuses)}")


def _kill(pid: int, port: int, count: int, good: Good) -> None:
    """Kill the worker again and again, as soon as it answers."""
    with good.running():
        for _ in range(count):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if b"zoo_serve.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)
            answers(port, image_load())
    _report("kill -9 of the worker", count, count, good, pid)


def _vanish(registry: Path, count: int, good: Good, pid: int) -> None:
    """Move the registry away and back."""
    away = registry.with_name("away")
    with good.running():
        for _ in range(count):
            registry.rename(away)
            time.sleep(0.01)
            away.rename(registry)
        registry.rename(away)
        time.sleep(5)
    _report("vanished registry", count, count, good, pid)


if __name__ == "__main__":
    main()
