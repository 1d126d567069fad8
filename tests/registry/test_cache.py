"""What is fetched from a registry elsewhere: kept whole, under its checksum, and held to it."""

import hashlib
import os
import socket
import threading
from pathlib import Path

import pytest

from tests.stress import servers
from zoo_core.errors import DataError, UnknownNameError, VerificationError
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.registry import cache
from zoo_core.registry.lookup import add_registry, open_registry

WEIGHTS = "softmax/first/model.safetensors"
CARD = "softmax/first/card.json"
CONTENT = b"some bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(loopback, registry, monkeypatch):
    """Return a server of the registry with softmax.first."""
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    with servers.serving(registry) as server:
        yield server


@pytest.fixture
def home():
    """Return the cache's folder."""
    return Path(os.environ["ZOO_HOME"])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def keep(download=lambda to: to.write(CONTENT), *, size=10):
    return cache.fetch(SHA256, size, download, what="it")


def test_what_is_loaded_is_fetched_once(toy, run, server, home):
    for _ in range(2):
        loaded = load_pretrained(toy, "softmax", registry=server.url)
        assert loaded.sha256 == run.card.weights.sha256
        assert loaded.card.metrics == run.card.metrics
    assert server.asked == {"index.json": 1, WEIGHTS: 1, CARD: 1}
    assert loaded.sha256 in names(home / "sha256")
    assert all(cache.is_whole(path) for path in cache.cached_files())


def test_what_was_fetched_needs_no_server(toy, loopback, registry):
    with servers.serving(registry) as server:
        add_registry(toy, "there", server.url)
        loaded = load_pretrained(toy, "softmax")
    assert load_pretrained(toy, "softmax").sha256 == loaded.sha256
    assert load_pretrained(toy, "there/softmax.first").card == loaded.card
    with pytest.raises(DataError, match="ConnectionRefusedError"):
        load_pretrained(toy, "there/softmax.second")


def test_a_process_reads_from_a_server_on_this_machine_only(cli, server):
    assert cli("pull", "softmax", "--registry", server.url).code == 0
    assert server.asked[WEIGHTS] == 1
    refused = cli("pull", "softmax", "--registry", "http://127.0.0.2:1")
    assert refused.code == 1
    assert "a test's process tried to connect to ('127.0.0.2', 1)" in refused.err


def test_the_server_alone_may_be_reached(loopback):
    with socket.socket() as one, pytest.raises(Exception, match="connection to"):
        one.connect(("127.0.0.2", 1))


@pytest.mark.parametrize("name", [WEIGHTS, CARD])
def test_what_was_damaged_is_fetched_anew(toy, run, server, name):
    load_pretrained(toy, "softmax", registry=server.url)
    weights = cache.path_of(run.card.weights.sha256)
    (card,) = set(cache.cached_files()) - {weights}
    path = weights if name == WEIGHTS else card
    path.write_bytes(b"x" + path.read_bytes()[1:])
    loaded = load_pretrained(toy, "softmax", registry=server.url)
    assert loaded.card.metrics == run.card.metrics
    assert cache.is_whole(path)
    assert server.asked[name] == 2


@pytest.mark.parametrize("name", [WEIGHTS, CARD])
@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        (servers.flip(0.7), "has the sha256 .* is due; nothing is kept of it"),
        (servers.promise(-5), "has .* bytes where .* are due; nothing is kept of it"),
        (servers.unstated(0.5), "has .* bytes where .* are due; nothing is kept of it"),
        (servers.cut(0.5), "could not be read: it broke off"),
        (servers.endless(), "could not be read: it gives more than"),
        (servers.silence, "could not be read: it is too slow"),
        (servers.missing, "could not be read: it answered 404"),
    ],
)
def test_what_is_not_what_it_should_be_is_not_kept(toy, server, home, name, behavior, said):
    server.behaviors[name] = behavior
    with pytest.raises((DataError, VerificationError), match=f"{server.url}/{name} {said}"):
        load_pretrained(toy, "softmax", registry=server.url)
    kept = list((home / "sha256").iterdir())
    assert len(kept) == (name == WEIGHTS)  # the card came before
    assert all(cache.is_whole(path) for path in kept)
    server.behaviors.clear()
    assert load_pretrained(toy, "softmax", registry=server.url).card


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        (
            servers.text(b"{}"),
            "index.json is not a readable index of a .*: it lacks 'schema'",
        ),
        (servers.text(b'{"schema": 2}'), "its schema is 2, this version of zoo reads 1"),
        (servers.text(b"[" * 10**6), "is not a readable index"),
        (servers.text(b"\xff\xfe"), "is not a readable index"),
        (servers.large(100_000_000), "it has 100,000,000 bytes, 16,777,216 are due at most"),
        (servers.endless(), "it gives more than the 16,777,216 bytes"),
        (servers.drip(), "it is too slow"),
        (servers.missing, "it answered 404"),
    ],
)
def test_an_index_that_is_none_takes_no_place(toy, server, home, behavior, said):
    registry = open_registry(server.url)
    before = registry.index()
    server.behaviors["index.json"] = behavior
    with pytest.raises((DataError, VerificationError), match=said):
        registry.index(refresh=True)
    assert registry.index() == before
    assert len(names(home / "registries")) == 1


def test_a_new_tag_is_asked_for(toy, run, registry, server):
    assert load_pretrained(toy, "softmax", registry=server.url)
    publish_run(toy, run.folder, "softmax.second", str(registry))
    assert load_pretrained(toy, "softmax.second", registry=server.url).card.tag == "second"
    with pytest.raises(UnknownNameError, match=r"Published are: softmax\.first, softmax\.second"):
        load_pretrained(toy, "softmax.third", registry=server.url)


def test_who_waits_for_a_download_needs_none():
    begun, wait, downloads = threading.Event(), threading.Event(), []

    def slowly(to):
        downloads.append(to)
        begun.set()
        wait.wait(10)
        to.write(CONTENT)

    threads = [threading.Thread(target=keep, args=[slowly]) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    wait.set()
    for thread in threads:
        thread.join()
    assert len(downloads) == 1
    assert cache.path_of(SHA256).read_bytes() == CONTENT


def test_a_download_needs_no_lock(home):
    home.mkdir()
    (home / "locks").touch()  # where the folder of locks would be
    assert keep().read_bytes() == CONTENT


def test_what_killed_downloads_left_is_removed(home):
    (home / "sha256").mkdir(parents=True)
    (home / "sha256" / f".{SHA256}.tmp-0123").write_bytes(b"some")
    keep()
    assert names(home / "sha256") == [SHA256]
    (home / "sha256" / ".other.tmp-0123").write_bytes(b"left")
    assert cache.prune({SHA256}) == 4
    assert names(home / "sha256") == [SHA256]
    assert cache.prune(set()) == len(CONTENT)
    assert cache.cached_files() == []


def test_a_download_that_fails_leaves_nothing(home):
    def fail(to):
        to.write(b"some")
        raise OSError(28, "No space left on device")

    with pytest.raises(
        DataError, match=r"it cannot be kept in .*zoo-home: No space left.*ZOO_HOME"
    ):
        keep(fail)
    with pytest.raises(VerificationError, match="it has 10 bytes where 9 are due"):
        keep(size=9)
    assert names(home / "sha256") == []


def test_a_cache_that_cannot_be_is_named(server, home):
    home.write_bytes(b"")
    with pytest.raises(DataError, match="it cannot be kept in .*: Not a directory"):
        keep()
    with pytest.raises(DataError, match="index.json cannot be kept in .*zoo-home: .*ZOO_HOME"):
        open_registry(server.url).index()
