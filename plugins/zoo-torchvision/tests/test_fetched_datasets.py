"""Data sets are downloaded; any failure is reported and leaves no files behind."""

import contextlib
import json
import os
import pty
import re
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from torchvision import datasets

from zoo_core.errors import DataError, UnavailableError, VerificationError
from zoo_core.system import download

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[3])]  # after installed packages

from small_mirrors import patches_of
from small_sets import NAMES

from tests.stress import servers

CHILD = """
import json, signal, sys
from torchvision import datasets
signal.signal(signal.SIGINT, signal.default_int_handler)
for cls, attribute, value in json.loads(sys.argv.pop(1)):
    setattr(getattr(datasets, cls), attribute, value)
"""
"""Start of a process whose torchvision has the test's addresses and checksums, and in which SIGINT
interrupts: background jobs of a shell ignore it."""

LOADS = CHILD + "from zoo_torchvision.datasets.load import kmnist; kmnist()"

RUNS = CHILD + "from zoo_core.__main__ import main; main()"


@pytest.fixture
def unhurried(monkeypatch):
    """Skip the waits between attempts."""
    monkeypatch.setattr(download.time, "sleep", lambda _: None)


@pytest.mark.parametrize("name", NAMES)
def test_dataset_is_downloaded_once(served, server, kept, monkeypatch, name):
    made = served(name)
    dataset = made.load()
    assert made.equals(dataset)
    assert dataset.targets[0].size == {"emnist-letters": 26, "cifar100": 100}.get(name, 10)
    assert server.asked == dict.fromkeys(made.files, 1)
    assert kept() == [f"{name}-torchvision"]
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    assert made.equals(made.load())
    assert sum(server.asked.values()) == len(made.files)


CIFAR, KMNIST = "cifar-10-python.tar.gz", "t10k-images-idx3-ubyte.gz"

FAULTS = {
    "breaks off": (
        servers.cut(0.5),
        UnavailableError,
        r"\b[\d,]+ of [\d,]+ bytes",
    ),
    "is cut short": (lambda r, c: servers.answer(r, c[:-50]), VerificationError, " md5 "),
    "has a wrong byte": (servers.flip(0.5), VerificationError, " md5 "),
    "is a page": (servers.text(b"<html>Sorry.</html>"), VerificationError, " md5 "),
    "404": (servers.status(404), UnavailableError, "404 Not Found"),
    "503": (servers.status(503), UnavailableError, r" 503\b"),
    "hangs up": (servers.hang_up, UnavailableError, "RemoteDisconnected"),
    "drips": (servers.drip(after=0.5), UnavailableError, "too slow"),
    "endless": (servers.large(1 << 31), UnavailableError, "1,073,741,824 "),
}


@pytest.mark.parametrize("exc", FAULTS)
@pytest.mark.parametrize(("name", "file"), [("cifar10", CIFAR), ("kmnist", KMNIST)])
def test_download_failure_names_url_and_manual_alternative(
    served, server, kept, unhurried, name, file, exc
):
    made = served(name)
    server.behaviors[file], error, said = FAULTS[exc]
    with pytest.raises(error, match=said) as caught:
        made.load()
    assert f"{server.url}/{file}" in caught.value.problem
    assert f"{file}" in caught.value.hint
    assert "--data-dir" in caught.value.hint
    assert "ZOO_DATA" in caught.value.hint
    assert kept() == []
    server.behaviors.clear()
    assert made.equals(made.load())


def test_checksum_mismatch_names_actual_and_expected_md5(served, server):
    made = served("usps")
    server.behaviors["usps.bz2"] = servers.text(b"x")
    with pytest.raises(VerificationError) as caught:
        made.load()
    expected = datasets.USPS.split_list["train"][2]
    actual = "9dd4e461268c8034f5c8564e155c67a6"
    assert re.search(rf"/usps\.bz2: .*md5 {expected}\b.* {actual}\b", caught.value.problem)


def test_download_reports_unreachable_server(loopback, sample, kept):
    with pytest.raises(UnavailableError, match="ConnectionRefusedError"):
        sample("kmnist").load()
    assert kept() == []


def test_download_reports_name_resolution_failure(sample, kept, monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    made = sample("svhn", "http://mirror.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnavailableError, match=r"mirror\.invalid.*Temporary failure"):
        made.load()
    assert kept() == []


def test_download_failure_suggests_debian_package_of_fashion_mnist(loopback, sample):
    with pytest.raises(UnavailableError, match="apt install dataset-fashion-mnist"):
        sample("fashion-mnist").load()


def test_offline_mode_sends_no_requests(served, server, monkeypatch):
    made = served("kmnist")
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=r"-idx3-ubyte\.gz .*ZOO_OFFLINE.* --data-dir"):
        made.load()
    assert not server.asked


def test_download_falls_back_to_next_mirror(served, server, monkeypatch):
    made = served("kmnist")
    others = [f"{server.url}/gone/", f"{server.url}/wrong/"]
    server.behaviors |= {f"wrong/{file}": servers.text(b"x") for file in made.files}
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [*others, f"{server.url}/"])
    assert made.equals(made.load())
    monkeypatch.setattr(datasets.KMNIST, "mirrors", others)
    monkeypatch.setenv("ZOO_HOME", str(server.folder / "other-home"))
    with pytest.raises(VerificationError, match="gone/train-images.* 404 .*/wrong/.* md5"):
        made.load()


@contextlib.contextmanager
def files_no_larger_than(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("during", ["download", "arrays"])
def test_full_disk_error_names_cache_folder_and_remedy(served, kept, during):
    made = served("kmnist")
    largest = max(map(len, made.files.values()))
    # Noise does not compress, so a file is as large as its array, which has a header of 128 bytes.
    most = {"download": largest // 2, "arrays": largest + 20}[during]
    said = r"zoo-home.*: File too large.*ZOO_HOME"
    with files_no_larger_than(most), pytest.raises(DataError, match=said):
        made.load()
    assert kept() == []
    assert made.equals(made.load())


def test_download_runs_once_among_concurrent_loads(served, server):
    made = served("kmnist")
    server.behaviors[KMNIST] = slowly
    loaded = []
    threads = [threading.Thread(target=lambda: loaded.append(made.load())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made.equals(dataset) for dataset in loaded] == [True] * 3
    assert server.asked[KMNIST] == 1


def slowly(request, content):
    request.pause(0.5)
    servers.answer(request, content)


def stuck(request, content):
    """Send half of a file, then stall."""
    request.head(200, Content_Length=len(content))
    request.send(content[: len(content) // 2])
    request.pause(60)


def child_of(spawn, made, url, code, *arguments, **options):
    return spawn(
        "-W", "error", "-c", code, json.dumps(patches_of(made, url)), *arguments, **options
    )


def wait_for(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_load_removes_files_of_killed_download(served, server, spawn, kept):
    made = served("kmnist")
    server.behaviors[KMNIST] = stuck
    with child_of(spawn, made, server.url, LOADS, env={"ZOO_TIMEOUT": "60"}) as child:
        wait_for(lambda: server.asked[KMNIST])
        assert any(name.startswith(".kmnist-files.tmp-") for name in kept())
        child.send_signal(signal.SIGKILL)
    server.behaviors.clear()
    for path in Path(os.environ["ZOO_HOME"], "datasets").rglob("*"):
        os.utime(path, (0, 0))  # a day later
    assert made.equals(made.load())
    assert kept() == ["kmnist-torchvision"]


def test_interrupted_download_exits_130_and_next_load_succeeds(served, server, spawn, kept):
    made = served("kmnist")
    server.behaviors[KMNIST] = stuck
    words = ["train", "softmax", "--dataset", "kmnist"]
    with child_of(spawn, made, server.url, RUNS, *words, env={"ZOO_TIMEOUT": "5"}) as child:
        wait_for(lambda: server.asked[KMNIST])
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=300)
    assert (child.returncode, out) == (130, "")
    assert "Traceback" not in err
    server.behaviors.clear()
    # The data are loaded in a thread, for which an interrupted process does not wait.
    for path in Path(os.environ["ZOO_HOME"], "datasets").rglob("*"):
        os.utime(path, (0, 0))  # a day later
    assert made.equals(made.load())
    assert kept() == ["kmnist-torchvision"]


def test_train_reports_download_failure_in_one_line(served, server, spawn):
    made = served("kmnist")
    server.behaviors[KMNIST] = servers.status(404)
    words = ["train", "softmax", "--dataset", "kmnist", "--json"]
    with child_of(spawn, made, server.url, RUNS, *words) as child:
        out, err = child.communicate(timeout=300)
    assert (child.returncode, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"zoo: {server.url}/{KMNIST} ")
    assert "404 Not Found" in line


def test_download_prints_nothing_without_terminal(served, server, spawn):
    made = served("kmnist")
    with child_of(spawn, made, server.url, LOADS) as child:
        assert child.communicate(timeout=300) == ("", "")
    assert child.returncode == 0


def test_download_shows_progress_bar_on_terminal(served, server, spawn):
    made = served("kmnist")
    server.behaviors[KMNIST] = slowly  # because quick downloads draw no bar
    leader, follower = pty.openpty()
    env = {"TERM": "xterm-256color", "COLUMNS": "120", "CI": ""}
    with child_of(spawn, made, server.url, LOADS, env=env, stderr=follower) as child:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # because a terminal raises it when its process ends
            while chunk := os.read(leader, 4096):
                shown += chunk
        os.close(leader)
        assert child.stdout.read() == ""
    assert child.returncode == 0
    assert f"{KMNIST}, kB" in shown.decode()
