"""Data sets are downloaded; whatever goes wrong then is said, and leaves nothing behind."""

import contextlib
import json
import os
import pty
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

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[3])]  # behind what is installed

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
"""A process in which torchvision knows what the test says, and Ctrl-C counts, which a shell has its
background jobs ignore."""

LOADS = CHILD + "from zoo_torchvision.datasets.load import kmnist; kmnist()"

RUNS = CHILD + "from zoo_core.__main__ import main; main()"


@pytest.fixture
def unhurried(monkeypatch):
    """Leave out the waits between attempts."""
    monkeypatch.setattr(download.time, "sleep", lambda _: None)


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_is_downloaded_once(served, server, kept, monkeypatch, name):
    made = served(name)
    dataset = made.load()
    assert made.equals(dataset)
    assert len(dataset.classes[0]) == {"emnist-letters": 26, "cifar100": 100}.get(name, 10)
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
        r"it broke off after [\d,]+ of [\d,]+ bytes",
    ),
    "is cut short": (lambda r, c: servers.answer(r, c[:-50]), VerificationError, "has the md5"),
    "has a wrong byte": (servers.flip(0.5), VerificationError, "has the md5"),
    "is a page": (servers.text(b"<html>Sorry.</html>"), VerificationError, "has the md5"),
    "404": (servers.status(404), UnavailableError, "it answered 404 Not Found"),
    "503": (servers.status(503), UnavailableError, "it answered 503"),
    "hangs up": (servers.hang_up, UnavailableError, "RemoteDisconnected"),
    "drips": (servers.drip(after=0.5), UnavailableError, "it is too slow"),
    "endless": (servers.large(1 << 31), UnavailableError, "1,073,741,824 are due at most"),
}


@pytest.mark.parametrize("exc", FAULTS)
@pytest.mark.parametrize(("name", "file"), [("cifar10", CIFAR), ("kmnist", KMNIST)])
def test_a_download_that_fails_says_how_to_do_without(
    served, server, kept, unhurried, name, file, exc
):
    made = served(name)
    server.behaviors[file], error, said = FAULTS[exc]
    with pytest.raises(error, match=said) as caught:
        made.load()
    assert f"{server.url}/{file}" in caught.value.problem
    assert f"{file}" in caught.value.hint
    assert "into a folder and name it with --data-dir or ZOO_DATA" in caught.value.hint
    assert kept() == []
    server.behaviors.clear()
    assert made.equals(made.load())


def test_a_wrong_checksum_names_both(served, server):
    made = served("usps")
    server.behaviors["usps.bz2"] = servers.text(b"x")
    with pytest.raises(VerificationError) as caught:
        made.load()
    expected = datasets.USPS.split_list["train"][2]
    assert (
        f"usps.bz2 gives has the md5 9dd4e461268c8034f5c8564e155c67a6, it should be {expected}"
        in (str(caught.value))
    )


def test_nobody_is_there(loopback, sample, kept):
    with pytest.raises(UnavailableError, match="ConnectionRefusedError"):
        sample("kmnist").load()
    assert kept() == []


def test_there_is_no_network(sample, kept, monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    made = sample("svhn", "http://mirror.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnavailableError, match=r"mirror\.invalid.*Temporary failure"):
        made.load()
    assert kept() == []


def test_fashion_mnist_has_a_package(loopback, sample):
    with pytest.raises(UnavailableError, match="apt install dataset-fashion-mnist"):
        sample("fashion-mnist").load()


def test_offline_nobody_is_asked(served, server, monkeypatch):
    made = served("kmnist")
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=r"kmnist are not on this machine.*ZOO_OFFLINE is"):
        made.load()
    assert not server.asked


def test_the_next_mirror_is_asked(served, server, monkeypatch):
    made = served("kmnist")
    others = [f"{server.url}/gone/", f"{server.url}/wrong/"]
    server.behaviors |= {f"wrong/{file}": servers.text(b"x") for file in made.files}
    monkeypatch.setattr(datasets.KMNIST, "mirrors", [*others, f"{server.url}/"])
    assert made.equals(made.load())
    monkeypatch.setattr(datasets.KMNIST, "mirrors", others)
    monkeypatch.setenv("ZOO_HOME", str(server.folder / "other-home"))
    with pytest.raises(VerificationError, match="gone/train-images.*404.*; what .*/wrong/.* md5"):
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
def test_a_disk_that_is_full_is_named(served, kept, during):
    made = served("kmnist")
    largest = max(map(len, made.files.values()))
    # Images of noise are packed as large as they are; an array has a header of 128 bytes.
    most = {"download": largest // 2, "arrays": largest + 20}[during]
    said = r"cannot be kept in .*zoo-home.*: .*ZOO_HOME"
    with files_no_larger_than(most), pytest.raises(DataError, match=said):
        made.load()
    assert kept() == []
    assert made.equals(made.load())


def test_of_several_processes_one_downloads(served, server):
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
    """Send half of a file, and no more of it."""
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


def test_a_killed_download_is_cleared_away_by_the_next(served, server, spawn, kept):
    made = served("kmnist")
    server.behaviors[KMNIST] = stuck
    with child_of(spawn, made, server.url, LOADS, env={"ZOO_TIMEOUT": "60"}) as child:
        wait_for(lambda: server.asked[KMNIST])
        assert any(name.startswith(".kmnist-files.tmp-") for name in kept())
        child.send_signal(signal.SIGKILL)
    server.behaviors.clear()
    assert made.equals(made.load())
    assert kept() == ["kmnist-torchvision"]


def test_an_interrupted_download_is_cleared_away_by_the_next(served, server, spawn, kept):
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
    assert made.equals(made.load())
    assert kept() == ["kmnist-torchvision"]


def test_a_command_says_it_in_one_line(served, server, spawn):
    made = served("kmnist")
    server.behaviors[KMNIST] = servers.status(404)
    words = ["train", "softmax", "--dataset", "kmnist", "--json"]
    with child_of(spawn, made, server.url, RUNS, *words) as child:
        out, err = child.communicate(timeout=300)
    assert (child.returncode, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"zoo: {server.url}/{KMNIST} could not be read: it answered 404")


def test_nothing_is_drawn_but_on_a_terminal(served, server, spawn):
    made = served("kmnist")
    with child_of(spawn, made, server.url, LOADS) as child:
        assert child.communicate(timeout=300) == ("", "")
    assert child.returncode == 0


def test_a_bar_is_drawn_on_a_terminal(served, server, spawn):
    made = served("kmnist")
    leader, follower = pty.openpty()
    env = {"TERM": "xterm-256color", "COLUMNS": "120"}
    with child_of(spawn, made, server.url, LOADS, env=env, stderr=follower) as child:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal ends whose process is gone
            while chunk := os.read(leader, 4096):
                shown += chunk
        os.close(leader)
        assert child.stdout.read() == ""
    assert child.returncode == 0
    assert f"{KMNIST}, kB" in shown.decode()
